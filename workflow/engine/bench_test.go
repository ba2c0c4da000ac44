package engine_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"covenant/workflow"
	"covenant/workflow/engine"
)

// BenchmarkCommand is commands a second through [engine.Engine.Do], with the durability that an installation serves
// with, and beside it, in turns on the same database, a bare transaction of prepared statements that writes the
// same rows and neither reads, decides, hashes nor checks anything. TestBareTransactionWritesTheSameRows says that
// they are the same.
func BenchmarkCommand(b *testing.B) {
	for _, database := range []string{"sqlite", "postgres"} {
		b.Run(database, func(b *testing.B) {
			for _, load := range []load{{"comment", unlimited, false}, {"review", 6, false},
				{"comment on one covenant", 100, true}} {
				for _, callers := range []int{1, 8, 64} {
					b.Run(fmt.Sprintf("%s/callers=%d", load.name, callers), func(b *testing.B) {
						newCommands(b, database).bench(b, load, callers)
					})
				}
			}
		})
	}
}

// load is a kind of command, how many of it a covenant takes, and whether all callers act on the same one.
type load struct {
	name string
	each int
	same bool
}

const unlimited = 1 << 40

// commands is an installation with covenants under review, half of them the engine's and half for bare transactions.
type commands struct {
	*office
	life    life
	bare    *bare
	count   int
	read    workflow.Digest // the manifest of the revision under review
	reviews map[workflow.AgencyID]workflow.PersonID
	step    atomic.Int64
}

func newCommands(t testing.TB, database string) *commands {
	t.Helper()
	var o *office
	if database == "postgres" {
		o = newPostgresOffice(t)
	} else {
		o = newOffice(t)
	}
	o.upTo(workflow.AwaitingReviews)
	revision, _ := o.state().Covenant.Revision()
	c := &commands{office: o, life: o.life(), bare: newBare(t, o), read: revision.Manifest,
		reviews: map[workflow.AgencyID]workflow.PersonID{}}
	for _, p := range c.life.parties {
		if p.State == "asked" {
			a := workflow.AgencyID(p.Agency)
			c.reviews[a] = o.who(a, workflow.DutyReview)
		}
	}
	return c
}

// fresh are n covenants nobody has commented on.
func (c *commands) fresh(n int) []workflow.CovenantID {
	c.count += n
	return c.copies(c.life, c.count-n, n)
}

// bench gives b.N commands and writes as many bare transactions, in turns of some hundred.
func (c *commands) bench(b *testing.B, load load, callers int) {
	covenants := 1 + b.N/load.each
	if load.each == unlimited {
		covenants = 400
	}
	ours, theirs := c.fresh(covenants), c.fresh(covenants)
	var ourTime, bareTime time.Duration
	var turns []float64
	at := func(ids []workflow.CovenantID, i int64) workflow.CovenantID {
		if load.same {
			return ids[i/int64(load.each)] // the next one before the first has more comments than a covenant gets
		}
		return ids[i%int64(len(ids))]
	}
	var done int64
	b.ResetTimer()
	for done < int64(b.N) {
		round := min(int64(b.N)-done, 256)
		began := time.Now()
		together(b, callers, done, round, func(i int64) error {
			return c.give(at(ours, i), load, int(i/int64(len(ours))))
		})
		b.StopTimer()
		between := time.Now()
		together(b, callers, done, round, func(i int64) error {
			return c.bare.write(at(theirs, i), load, c.agency(int(i/int64(len(theirs)))))
		})
		ourTime, bareTime = ourTime+between.Sub(began), bareTime+time.Since(between)
		turns = append(turns, 100*float64(time.Since(between))/float64(between.Sub(began)))
		b.StartTimer()
		done += round
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/ourTime.Seconds(), "commands/s")
	b.ReportMetric(float64(b.N)/bareTime.Seconds(), "bare/s")
	slices.Sort(turns)
	b.ReportMetric(turns[len(turns)/2], "%-of-bare") // the median, which a busy moment of the machine does not move
}

// together calls work for round numbers from first on, in so many goroutines.
func together(b *testing.B, callers int, first, round int64, work func(i int64) error) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < round; i = next.Add(1) - 1 {
				if err := work(first + i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

const benchComment = "Đề nghị bổ sung chỉ tiêu về chuyển đổi số vào phần nội dung thi đua, ghi rõ thời hạn hoàn thành."

func (c *commands) agency(i int) workflow.AgencyID {
	parties := c.life.parties
	return workflow.AgencyID(parties[i%(len(c.reviews)-1)].Agency) // the last one's would end the review
}

func (c *commands) give(id workflow.CovenantID, load load, turn int) error {
	a := c.agency(turn)
	by := c.reviews[a]
	var cmd workflow.Command = workflow.PostComment{Agency: a, Revision: 1, Text: benchComment}
	if load.name == "review" {
		cmd = workflow.GiveReview{Agency: a, Revision: 1, Manifest: c.read, Opinion: workflow.OpinionApprove}
	}
	_, err := c.Do(context.Background(), id, cmd, engine.Meta{
		Key: fmt.Sprintf("bench/%s/%08d", id, c.step.Add(1)), Actor: workflow.SignedIn(by), Address: "203.0.113.7",
	})
	return err
}

// bare writes the rows of commands by plain SQL, on as many connections as the store writes with.
type bare struct {
	db                                                *sql.DB
	stream, event, personal, covenant, party, command *sql.Stmt
	step                                              atomic.Int64
	summary                                           string
}

func newBare(t testing.TB, o *office) *bare {
	t.Helper()
	driver, dsn, connections := "sqlite", "file:"+filepath.Join(o.dir, "covenant.db")+
		"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=synchronous(FULL)"+
		"&_txlock=immediate", 1
	if o.url != "" {
		driver, dsn, connections = "pgx", o.url, 16
	}
	db, err := sql.Open(driver, dsn)
	check(t, err)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	b := &bare{db: db}
	prepare := func(query string) *sql.Stmt {
		s, err := db.Prepare(query)
		check(t, err)
		return s
	}
	b.stream = prepare("UPDATE streams SET version = version + 1, hash = $1, updated_at = $2 WHERE stream = $3 " +
		"RETURNING version")
	b.event = prepare(`INSERT INTO events (stream, version, at, actor, on_behalf, origin, address, command_key, kind, payload, prev, hash)
		VALUES ($1, $2, $3, $4, '', 'web', $5, $6, $7, $8, $9, $10)`)
	b.personal = prepare(`INSERT INTO personal_data (commitment, stream, subject, salt, body, recorded_at, erased_at, reason)
		VALUES ($1, $2, '', $3, '203.0.113.7', $4, 0, '')`)
	b.covenant = prepare("UPDATE covenants SET status = $1, next_actor = $2, version = $3, updated_at = $4, summary " +
		"= $5 WHERE id = $6")
	b.party = prepare("UPDATE parties SET state = 'idle' WHERE covenant = $1 AND party = $2")
	b.command = prepare("INSERT INTO commands (key, digest, result, at) VALUES ($1, $2, $3, $4)")
	check(t, db.QueryRow("SELECT summary FROM covenants LIMIT 1").Scan(&b.summary))
	return b
}

func (b *bare) write(id workflow.CovenantID, load load, agency workflow.AgencyID) (err error) {
	ctx := context.Background()
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after the commit it does nothing
	exec := func(s *sql.Stmt, args ...any) {
		if err == nil {
			//nolint:sqlclosecheck // the end of the transaction closes it
			_, err = tx.StmtContext(ctx, s).ExecContext(ctx, args...)
		}
	}
	now, hash, salt := time.Now().UnixMilli(), randomBytes(32), randomBytes(32)
	commitment := hex.EncodeToString(hash)
	stream, key := "covenant/"+string(id), fmt.Sprintf("bench/%s/%08d", id, b.step.Add(1))
	var version int64
	moved := tx.StmtContext(ctx, b.stream) //nolint:sqlclosecheck // the end of the transaction closes it
	if err := moved.QueryRowContext(ctx, hash, now, stream).Scan(&version); err != nil {
		return err
	}
	kind := "comment_posted"
	if load.name == "review" {
		kind = "review_given"
	}
	exec(b.personal, commitment, stream, salt, now)
	exec(b.event, stream, version, now, "person-of-the-agency", commitment, key, kind, benchPayload[kind], hash, hash)
	exec(b.covenant, "awaiting_reviews", string(agency), version, now, b.summary, string(id))
	if load.name == "review" {
		exec(b.party, string(id), string(agency))
	}
	exec(b.command, key, hash, fmt.Sprintf(`{"covenant":%q,"version":%d,"kinds":[%q]}`, id, version, kind), now)
	if err != nil {
		return err
	}
	return tx.Commit()
}

func randomBytes(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.Read(out) // never fails
	return out
}

const benchDigest = "c2d5f1e0a4b39687c2d5f1e0a4b39687c2d5f1e0a4b39687c2d5f1e0a4b39687"

var benchPayload = map[string]string{
	"comment_posted": `{"agency":"so-gddt","authority":{"position":"so-gddt/nguyen-van-binh"},"digest":"` + benchDigest + `","id":"r1-so-gddt-1","manifest":"` +
		benchDigest + `","person":"nguyen-van-binh","revision":1,"text":"` + benchComment + `"}`,
	"review_given": `{"agency":"so-gddt","authority":{"position":"so-gddt/nguyen-van-binh"},"manifest":"` + benchDigest +
		`","opinion":"approve","person":"nguyen-van-binh","revision":1,"ruled":true,"stage":"gop-y"}`,
}
