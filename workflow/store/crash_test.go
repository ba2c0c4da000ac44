package store_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"covenant/workflow/store"
)

// A process that appends is killed at random moments. What it was told is committed is there, nothing is there in
// part, and the next start goes on.
func TestKilledWhileAppending(t *testing.T) {
	eachDatabase(t, func(t *testing.T, d database) { testKilled(t, d, 5) })
}

func testKilled(t *testing.T, d database, kills int) {
	told := map[store.Stream]int64{}
	for i := range kills {
		h := startHelper(t, "append", d)
		lines := bufio.NewScanner(h.out)
		if !lines.Scan() {
			t.Fatal("the helper ended by itself")
		}
		note(t, told, lines.Text())
		timer := time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { _ = h.cmd.Process.Kill() })
		for lines.Scan() {
			note(t, told, lines.Text())
		}
		timer.Stop()
		h.kill()
		s := d.open(t)
		checkTold(t, s, told)
		report := mustAudit(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("kill %d: %d events", i+1, report.Events)
	}
}

func note(t *testing.T, told map[store.Stream]int64, line string) {
	var stream string
	var version int64
	if n, err := fmt.Sscanf(line, "%s %d", &stream, &version); n == 2 && err == nil {
		told[store.Stream(stream)] = version
	}
}

func checkTold(t *testing.T, s *store.Store, told map[store.Stream]int64) {
	t.Helper()
	view(t, s, func(tx *store.Tx) error {
		for stream, version := range told {
			head, err := tx.Head(t.Context(), stream)
			if err != nil {
				return err
			}
			if head.Version < version || head.Version > version+2 || head.Version%2 != 0 {
				t.Errorf("stream %s was told to be at %d and is at %d", stream, version, head.Version)
			}
			body, err := tx.Projection(t.Context(), "last", string(stream))
			if err != nil || string(body) != fmt.Sprint(head.Version) {
				t.Errorf("stream %s is at %d, its projection says %s (%v)", stream, head.Version, body, err)
			}
			told[stream] = head.Version // what was committed untold before this kill counts for the next one
		}
		return nil
	})
}
