//go:build torture

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"covenant/internal/scratch"
	"covenant/signing/devpki"
	"covenant/workflow/engine"
	"covenant/workflow/notify/sink"
	"covenant/workflow/store"
	"covenant/workflow/store/pgtest"
)

// chaos does to an ordeal, at random, what may happen to a machine and to what it talks to, two things at a time. What
// is done, and for how long, follows from the seed; what the processes make of it does not, so a seed tells the story
// again only roughly.
type chaos struct {
	*ordeal
	driver  *driver
	cluster *pgtest.Cluster // nil: SQLite
	medium  string          // a small file system of its own for the data; empty where we may not mount one
	clock   string          // file by which the nodes' clock is wrong
	faults  []*fault
}

// fault is something that can be wrong for a while.
type fault struct {
	name  string
	busy  sync.Mutex // it is wrong just now
	times int
	do    func(*rand.Rand) (mend func())
}

// The whole: kills, pauses, a clock that jumps, disks that are full or cannot be written, a mail server, a time-stamp
// authority and revocation servers that fail, a database that restarts; CHAOS=10m says how long, CHAOS_SEED
// repeats a run.
func TestTortureChaos(t *testing.T) {
	length, seed := 10*time.Minute, rand.Uint64()
	if said := os.Getenv("CHAOS"); said != "" {
		var err error
		if length, err = time.ParseDuration(said); err != nil {
			t.Fatal(err)
		}
	}
	if said := os.Getenv("CHAOS_SEED"); said != "" {
		var err error
		if seed, err = strconv.ParseUint(said, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("CHAOS=%s CHAOS_SEED=%d", length, seed)
	t.Run("sqlite", func(t *testing.T) {
		medium := t.TempDir()
		if err := syscall.Mount("none", medium, "tmpfs", 0, "size=96m"); err != nil {
			medium = ""
		} else {
			t.Cleanup(func() {
				if err := syscall.Unmount(medium, 0); err != nil {
					t.Error(err)
				}
			})
		}
		newChaos(t, nil, medium, 1).run(length/2, seed)
	})
	t.Run("postgres", func(t *testing.T) {
		cluster, err := pgtest.New()
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Remove()
		if err := cluster.Create("chaos", "template0 LOCALE 'C.UTF-8'"); err != nil {
			t.Fatal(err)
		}
		newChaos(t, cluster, "", 2).run(length/2, seed+1)
	})
}

func newChaos(t *testing.T, cluster *pgtest.Cluster, medium string, nodes int) *chaos {
	t.Helper()
	dir, database := medium, ""
	if dir == "" {
		dir = t.TempDir()
	}
	if cluster != nil {
		database = cluster.URL("chaos")
	}
	c := &chaos{ordeal: newOrdealIn(t, database, dir), cluster: cluster, medium: medium}
	c.outages, c.mayEnd = true, true
	c.clock = filepath.Join(t.TempDir(), "clock")
	c.environment = []string{clockFile + "=" + c.clock}
	c.binary = tortureProgram(t)
	for range nodes {
		c.addNode()
	}
	c.driver = newDriver(c.ordeal)
	c.addFaults()
	return c
}

// tortureProgram is the program with a clock that can be set.
func tortureProgram(t *testing.T) string {
	t.Helper()
	dir, err := scratch.Dir("torture-program")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "covenant")
	build := exec.Command("go", "build", "-tags", "torture", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}

func (c *chaos) addFaults() {
	for i, n := range c.nodes {
		c.add(fmt.Sprintf("node %d", i+1), func(random *rand.Rand) func() { return c.strike(n, random) })
	}
	c.add("clock", c.jump)
	c.add("disk", c.fillDisk)
	c.add("mail server", c.breakMail)
	for _, service := range []devpki.Service{devpki.TSA, devpki.OCSP, devpki.CRL, devpki.AIA} {
		c.add(string(service), func(random *rand.Rand) func() {
			all := []devpki.Fault{devpki.Slow, devpki.Unavailable, devpki.Drop, devpki.Refuse, devpki.Garbage,
				devpki.Huge, devpki.WrongNonce, devpki.WrongImprint, devpki.Stale, devpki.WrongSigner, devpki.Unknown}
			c.pki.SetFault(service, all[random.IntN(len(all))])
			return func() { c.pki.SetFault(service, devpki.None) }
		})
	}
	if c.cluster != nil {
		c.add("database", c.stopDatabase)
	}
}

func (c *chaos) add(name string, do func(*rand.Rand) func()) {
	c.faults = append(c.faults, &fault{name: name, do: do})
}

// strike kills a node, which is started again, or has it stand still and go on; on PostgreSQL sometimes for so long
// that the others take it for dead and do its work.
func (c *chaos) strike(n *node, random *rand.Rand) func() {
	switch random.IntN(4) {
	case 0:
		if n.signal(syscall.SIGSTOP) && c.cluster != nil && random.IntN(3) == 0 {
			time.Sleep(22 * time.Second) // a node is taken for dead after twenty
		}
		return func() { n.signal(syscall.SIGCONT) }
	default:
		n.kill()
		return n.startAgain
	}
}

// signal reports whether the process was there to hear it.
func (n *node) signal(s os.Signal) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cmd != nil && n.cmd.Process.Signal(s) == nil
}

func (n *node) startAgain() { n.start() }

// jump sets the nodes' clock by hours, within the day, which is what numbers are dated with.
func (c *chaos) jump(random *rand.Rand) func() {
	off := time.Duration(random.IntN(4*60)-2*60) * time.Minute
	vietnam := time.FixedZone("", 7*60*60)
	if time.Now().In(vietnam).Day() != time.Now().Add(off).In(vietnam).Day() {
		off = -off
	}
	c.setClock(off)
	return func() { c.setClock(0) }
}

func (c *chaos) setClock(off time.Duration) {
	err := os.WriteFile(c.clock+".new", []byte(off.String()), 0o600)
	if err = errors.Join(err, os.Rename(c.clock+".new", c.clock)); err != nil {
		c.t.Error(err)
	}
}

// fillDisk fills the data's file system to the last byte; or forbids a node to write into files, as a disk that has
// become read-only does.
func (c *chaos) fillDisk(random *rand.Rand) func() {
	if c.medium == "" || random.IntN(2) == 0 {
		n := c.nodes[random.IntN(len(c.nodes))]
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.cmd == nil {
			return func() {}
		}
		process := n.cmd.Process
		limit := unix.Rlimit{Cur: 0, Max: unix.RLIM_INFINITY}
		_ = unix.Prlimit(process.Pid, unix.RLIMIT_FSIZE, &limit, nil) // it may have ended
		return func() {
			limit.Cur = unix.RLIM_INFINITY
			if process.Signal(syscall.Signal(0)) == nil { // else the number may be another's
				_ = unix.Prlimit(process.Pid, unix.RLIMIT_FSIZE, &limit, nil)
			}
		}
	}
	path := filepath.Join(c.medium, "filler")
	filler, err := os.Create(path)
	if err != nil {
		c.t.Error(err)
		return func() {}
	}
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := filler.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	return func() {
		if err := errors.Join(filler.Close(), os.Remove(path)); err != nil {
			c.t.Error(err)
		}
	}
}

// breakMail has the mail server drop, hang or refuse at one of the steps of taking a mail.
func (c *chaos) breakMail(random *rand.Rand) func() {
	stages := []sink.Stage{sink.StageConnect, sink.StageMail, sink.StageRcpt, sink.StageData, sink.StageRead,
		sink.StageAccepted}
	at, how := stages[random.IntN(len(stages))], random.IntN(3)
	broken := func(stage sink.Stage) error {
		if stage != at {
			return nil
		}
		if how == 1 {
			time.Sleep(4 * time.Second) // longer than the nodes wait
		}
		if how == 2 && stage != sink.StageAccepted { // who keeps a mail and refuses it lies, and gets it twice
			return sink.Refuse(451, "not now")
		}
		return sink.ErrDrop
	}
	c.mailFault.Store(&broken)
	return func() { c.mailFault.Store(nil) }
}

func (c *chaos) stopDatabase(random *rand.Rand) func() {
	c.cluster.Stop([]syscall.Signal{syscall.SIGQUIT, syscall.SIGINT}[random.IntN(2)])
	return func() {
		if err := c.cluster.Start(); err != nil {
			c.t.Error(err)
		}
	}
}

// run lets people work while everything goes wrong, mends all, and compares the ledgers.
func (c *chaos) run(length time.Duration, seed uint64) {
	c.t.Helper()
	began := time.Now()
	over := func() bool { return time.Since(began) > length || c.t.Failed() }
	for _, n := range c.nodes {
		n.start()
		n.awaitPages()
	}
	var lanes, work sync.WaitGroup
	for lane := range 2 {
		lanes.Go(func() { c.spoil(rand.New(rand.NewPCG(seed, uint64(lane))), over) })
	}
	mended := make(chan struct{})
	work.Go(func() { c.keepUp(mended) })
	count := c.ridden(over)
	lanes.Wait()
	close(mended)
	work.Wait()
	c.mendMails()
	c.settle()
	for _, f := range c.faults {
		c.t.Logf("%s: %d times", f.name, f.times)
	}
	if !c.t.Failed() {
		c.check(c.driver, count)
	}
	c.lookForPIN()
}

// spoil makes one thing wrong after the other, and mends it.
func (c *chaos) spoil(random *rand.Rand, over func() bool) {
	for !over() {
		f := c.faults[random.IntN(len(c.faults))]
		held := 200*time.Millisecond + time.Duration(random.IntN(4000))*time.Millisecond
		if !f.busy.TryLock() {
			continue
		}
		f.times++
		mend := f.do(random)
		time.Sleep(held)
		mend()
		f.busy.Unlock()
		time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
	}
}

// keepUp starts nodes again that have ended for want of what they need, as a service manager does.
func (c *chaos) keepUp(mended <-chan struct{}) {
	for {
		for i, n := range c.nodes {
			if !c.faults[i].busy.TryLock() {
				continue // it is killed, and will be started
			}
			select {
			case <-n.ended:
				if !c.t.Failed() {
					n.mu.Lock()
					c.t.Logf("node %d ended: %.600s", i+1, n.log.String())
					n.mu.Unlock()
					n.start()
				}
			default:
			}
			c.faults[i].busy.Unlock()
		}
		select {
		case <-mended:
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// ridden has two pairs of players bring covenants to their end, as many as there is time for.
func (c *chaos) ridden(over func() bool) (count int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for range 2 {
		all.Go(func() {
			for {
				mu.Lock()
				n := count
				if over() && n > 1 { // the second one is stopped on the way
					mu.Unlock()
					return
				}
				count++
				mu.Unlock()
				c.driver.rideTogether(n)
			}
		})
	}
	all.Wait()
	return count
}

// mendMails does what the operator does when the mail server is back: what waits is sent now.
func (c *chaos) mendMails() {
	if _, err := c.driver.ask("resend-mails", "", "", "", engine.MailChoice{State: store.MailQueued}); err != nil {
		c.t.Error(err)
	}
}

// lookForPIN: nothing that the nodes have written anywhere holds the PIN.
func (c *chaos) lookForPIN() {
	c.t.Helper()
	places := []string{filepath.Dir(c.config.Data), c.mailed}
	for _, n := range c.nodes {
		places = append(places, n.data)
	}
	if c.cluster != nil {
		dump := filepath.Join(c.t.TempDir(), "dump.sql")
		if err := c.cluster.Dump(c.config.Database, dump); err != nil {
			c.t.Error(err)
		}
		places = append(places, dump)
	}
	files := 0
	for _, place := range places {
		err := filepath.WalkDir(place, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if files++; bytes.Contains(content, []byte(torturePIN)) {
				c.t.Errorf("%s holds the PIN", path)
			}
			return err
		})
		if err != nil {
			c.t.Error(err)
		}
	}
	c.t.Logf("the PIN was looked for in %d files", files)
}
