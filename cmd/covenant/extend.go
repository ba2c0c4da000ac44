package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"covenant/signing"
)

type timestampCmd struct {
	In  string `arg:"" help:"PDF file." type:"existingfile"`
	Out string `short:"o" required:"" help:"File with the time-stamp." placeholder:"OUT.pdf"`
	serverFlags
}

// Run adds a document time-stamp (ISO 32000-2 §12.8.5).
func (cmd *timestampCmd) Run(e *env) error {
	if len(cmd.TSA) == 0 {
		return errors.New("a time-stamp needs an authority: give --tsa URL")
	}
	var made *signing.Signed
	err := rewrite(cmd.In, cmd.Out, func(in io.ReaderAt, size int64, out *os.File) (err error) {
		made, err = signing.AddTimestamp(e.ctx, in, size, out, signing.TimestampOptions{TSA: cmd.timestamper()})
		return err
	})
	if err != nil {
		return err
	}
	if cmd.JSON {
		return cmd.told(e, cmd.Out, made)
	}
	e.say("Đã ghi %s: dấu thời gian lúc %s", "Wrote %s: time-stamp of %s", cmd.Out,
		made.Time.Format("15:04:05 02/01/2006 -07:00"))
	return nil
}

type extendCmd struct {
	In    string   `arg:"" help:"Signed PDF file." type:"existingfile"`
	Out   string   `short:"o" required:"" help:"File that can be verified for long." placeholder:"OUT.pdf"`
	Level string   `default:"B-LTA" enum:"B-LT,B-LTA" help:"B-LT: certificates and revocation data; B-LTA: and a document time-stamp. Again on a B-LTA file it renews it."`
	Field []string `help:"Signatures that must be raised; of the others what can be had. Default: all must." placeholder:"NAME"`
	serverFlags
}

// Run raises a signed file, or renews it before its newest document time-stamp's certificate ends.
func (cmd *extendCmd) Run(e *env) error {
	level, err := signing.ParseLevel(cmd.Level)
	if err != nil {
		return err
	}
	if level == signing.BLTA && len(cmd.TSA) == 0 {
		return errors.New("level B-LTA needs a time-stamp: give --tsa URL, or --level B-LT")
	}
	validation, err := cmd.validation()
	if err != nil {
		return err
	}
	var made *signing.Extended
	err = rewrite(cmd.In, cmd.Out, func(in io.ReaderAt, size int64, out *os.File) (err error) {
		made, err = signing.Extend(e.ctx, in, size, out, signing.ExtendOptions{
			Level: level, TSA: cmd.timestamper(), Validation: validation, Fields: cmd.Field, Others: true,
		})
		return err
	})
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(e.out).Encode(map[string]any{"file": cmd.Out, "level": level, "size": made.Size,
			"missing": missingJSON(made.Missing)})
	}
	sayMissing(e, made.Missing)
	e.say("Đã ghi %s: mức PAdES %s", "Wrote %s: PAdES %s", cmd.Out, level)
	return nil
}
