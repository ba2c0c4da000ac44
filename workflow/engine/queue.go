package engine

import (
	"time"

	"github.com/riverqueue/river"
)

// The queues of jobs. Each has workers of its own on every node, so that what hangs in one keeps nobody else waiting:
// a mail server that does not answer, an authority that is away, a document that takes long to set.
const (
	ruleQueue    = river.QueueDefault // what the rules decide when it falls due; nothing outside takes part
	paperQueue   = "paper"            // rendering: the frozen document, minutes
	signingQueue = "signing"          // completing what was signed: certificates, revocation data, time-stamps
	outsideQueue = "outside"          // other calls to the outside: the time-stamp of the daily root
	mailQueue    = "mail"             // the mail server
)

// queues are how many jobs of each queue a node works at a time. Rendering is bound by the processor, mail and what is
// outside by waiting.
func queues() map[string]river.QueueConfig {
	return map[string]river.QueueConfig{
		ruleQueue: {MaxWorkers: 4}, paperQueue: {MaxWorkers: 2}, signingQueue: {MaxWorkers: 2},
		outsideQueue: {MaxWorkers: 1}, mailQueue: {MaxWorkers: 4},
	}
}

// usualLimit is how long one run of a job may take, save a mail's, which has the sender's time.
const usualLimit = 2 * time.Minute

// InsertOpts says which queue the job belongs to.
func (FreezeArgs) InsertOpts() river.InsertOpts   { return river.InsertOpts{Queue: paperQueue} }
func (MinutesArgs) InsertOpts() river.InsertOpts  { return river.InsertOpts{Queue: paperQueue} }
func (CompleteArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: signingQueue} }
func (RootArgs) InsertOpts() river.InsertOpts     { return river.InsertOpts{Queue: outsideQueue} }
func (MailArgs) InsertOpts() river.InsertOpts     { return river.InsertOpts{Queue: mailQueue} }
func (RemindArgs) InsertOpts() river.InsertOpts   { return river.InsertOpts{Queue: ruleQueue} }
func (EscalateArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: ruleQueue} }
func (CloseArgs) InsertOpts() river.InsertOpts    { return river.InsertOpts{Queue: ruleQueue} }
