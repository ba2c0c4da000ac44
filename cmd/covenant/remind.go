package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"covenant/workflow"
	"covenant/workflow/calendar"
	"covenant/workflow/engine"
	"covenant/workflow/store"
)

type remindCmd struct {
	Data     string `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." env:"COVENANT_DATABASE" placeholder:"URL"`
	From     string `required:"" help:"First day, yyyy-mm-dd." placeholder:"DATE"`
	To       string `required:"" help:"Last day, inclusive." placeholder:"DATE"`
	JSON     bool   `name:"json" help:"One JSON object a line."`
}

// Run prints what would be sent if nothing more were handed in. It only reads, also while the directory is served.
func (cmd *remindCmd) Run(e *env) error {
	from, err := calendar.ParseDate(cmd.From)
	if err != nil {
		return err
	}
	to, err := calendar.ParseDate(cmd.To)
	if err != nil {
		return err
	}
	if to.Before(from) {
		return fmt.Errorf("--to %s is before --from %s", to, from)
	}
	return readOnly(e, cmd.Data, cmd.Database, func(eng *engine.Engine, by workflow.Actor) error {
		planned, err := eng.Planned(e.ctx, by, from, to)
		if err != nil {
			return err
		}
		return cmd.print(e, planned, eng.Calendar.Zone())
	})
}

func (cmd *remindCmd) print(e *env, planned []engine.Planned, zone *time.Location) error {
	for _, p := range planned {
		if cmd.JSON {
			if err := json.NewEncoder(e.out).Encode(map[string]any{
				"at": p.At.In(zone).Format(time.RFC3339), "to": p.Email, "agency": p.Agency, "covenant": p.Covenant,
				"report": p.Report, "period": p.Period, "last_day": p.LastDay.String(), "rung": p.Rung,
			}); err != nil {
				return err
			}
			continue
		}
		why := e.pick("chưa gửi báo cáo", "report not handed in")
		switch {
		case p.Stage:
			why = e.pick("bước này chưa hoàn thành", "the stage is not finished")
		case p.ToLeader:
			why = e.pick("danh sách đơn vị chưa gửi", "list of agencies that have not reported")
		}
		fmt.Fprintf(e.out, "%s  %s <%s>  %s (%s %s): %s\n", p.At.In(zone).Format("02/01/2006 15:04"), p.Agency, p.Email,
			p.Report, e.pick("hạn", "due"), p.LastDay.Display(), why)
	}
	if len(planned) == 0 && !cmd.JSON {
		e.say("Không có lượt nhắc nào trong thời gian này.", "No reminders in this time.")
	}
	return nil
}

// readOnly runs a command that only reads, beside a process that serves, as the console by itself.
func readOnly(e *env, dir, database string, do func(*engine.Engine, workflow.Actor) error) error {
	by := workflow.AtConsole(thisUser(), workflow.ConsoleOff)
	return readOnlyWith(e, dir, database, os.Getenv(envPrefix+"BLOBS"),
		func(eng *engine.Engine) error { return do(eng, by) })
}

// readOnlyWith is readOnly where the files are kept at an address of their own.
func readOnlyWith(e *env, dir, database, blobs string, do func(*engine.Engine) error) error {
	options := store.Options{Dir: dir, DatabaseURL: database, ReadOnly: true}
	var err error
	if options.Blobs, err = blobsAt(e.ctx, blobs); err != nil {
		return err
	}
	s, err := store.Open(e.ctx, options)
	if err != nil {
		return fmt.Errorf("data directory %s: %w", dir, err)
	}
	calendar, err := loadCalendar("")
	if err != nil {
		return errors.Join(err, s.Close())
	}
	eng, err := engine.New(engine.Config{Store: s, Calendar: calendar})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	return errors.Join(do(eng), s.Close())
}
