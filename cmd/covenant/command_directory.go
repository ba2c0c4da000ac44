package main

import (
	"context"
	"reflect"
	"strings"

	"covenant/signing"
	"covenant/workflow"
	"covenant/workflow/engine"
)

// directoryCommands change who is who. They are given by the administrator, on the command line alone.
func directoryCommands() []command {
	out := []command{ownCommand("apply-block", "", "", applyBlock), ownCommand("keep-key", "", "", keepKey)}
	for _, c := range []workflow.Command{
		workflow.EndPosition{}, workflow.GrantDelegation{}, workflow.RevokeDelegation{}, workflow.BindCertificate{}, workflow.ConfirmCertificate{},
		workflow.UnbindCertificate{}, workflow.ReplaceCertificate{}, workflow.SetBindingRule{}, workflow.EndBindingRule{},
	} {
		out = append(out, command{name: directoryName(c), params: reflect.TypeOf(c), run: direct})
	}
	return out
}

// directoryName names a command on the directory by its type: EndPosition is end-position.
func directoryName(c workflow.Command) string {
	return strings.ReplaceAll(fieldName(reflect.TypeOf(c).Name()), "_", "-")
}

// direct carries out one command on the directory and tells what it changed.
func direct(ctx context.Context, eng *engine.Engine, o order, params any) (answer, error) {
	if grant, ok := params.(workflow.GrantDelegation); ok && o.Slug != "" {
		id, err := eng.Find(ctx, o.Slug)
		if err != nil {
			return answer{}, err
		}
		grant.Covenant = id
		params = grant
	}
	cmd := params.(workflow.Command) //nolint:forcetypeassert // decode made it
	before, err := eng.Directory(ctx)
	if err != nil {
		return answer{}, err
	}
	events, err := workflow.Decide(workflow.State{Directory: before, Covenant: &workflow.Covenant{}, Calendar: eng.Calendar}, cmd, eng.Now())
	if err != nil {
		return answer{}, err
	}
	out, err := eng.DoDirectory(ctx, cmd, o.meta())
	if err != nil {
		return answer{}, err
	}
	a := answered(out)
	for _, event := range events {
		a.Lines = append(a.Lines, before.Describe(event, o.Lang))
	}
	if len(events) == 0 {
		a.Lines = []string{o.words("Không có gì thay đổi.", "Nothing changes.")}
	}
	return a, nil
}

// blockParams are a block file and what it is called.
type blockParams struct {
	Name   string
	Source []byte
}

// applyBlock brings the directory in step with a block file.
func applyBlock(ctx context.Context, eng *engine.Engine, o order, p blockParams) (answer, error) {
	file, err := workflow.ParseBlockFile(p.Name, p.Source)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if a.Lines, err = eng.PlanBlock(ctx, file, o.Lang); err != nil {
		return answer{}, err
	}
	if len(a.Lines) == 0 {
		return answer{Lines: []string{o.words("Không có gì thay đổi.", "Nothing changes.")}}, nil
	}
	if err := eng.ImportBlock(ctx, file, o.meta()); err != nil {
		return answer{}, err
	}
	a.Lines = append(a.Lines, o.words("Đã ghi %d thay đổi.", "Recorded %d changes.", len(a.Lines)))
	return a, nil
}

// keyParams are a key that the server is to keep under a PIN: a person's, or that of an agency's seal.
type keyParams struct {
	Person   workflow.PersonID
	Agency   workflow.AgencyID
	PKCS12   []byte
	Password string
	PIN      string
}

func keepKey(ctx context.Context, eng *engine.Engine, o order, p keyParams) (answer, error) {
	if err := keepsKeys(eng); err != nil {
		return answer{}, err
	}
	id, err := signing.LoadPKCS12(p.PKCS12, p.Password)
	if err != nil {
		return answer{}, err
	}
	if p.Person != "" {
		err = eng.KeepKey(ctx, p.Person, id, p.PIN, o.meta())
	} else {
		err = eng.KeepSeal(ctx, p.Agency, id, p.PIN, o.meta())
	}
	if err != nil {
		return answer{}, err
	}
	return answer{Lines: []string{o.words("Máy chủ đã giữ khóa của %s (số sê-ri %s).", "The server keeps the key of %s (serial number %s).",
		id.Certificate.Subject.CommonName, id.Certificate.SerialNumber)}}, nil
}

// registerCommands keep the register of documents.
func registerCommands() []command {
	return []command{
		ownCommand("reserve-number", "", "", func(ctx context.Context, eng *engine.Engine, o order, cmd workflow.ReserveNumber) (answer, error) {
			entry, err := eng.ReserveNumber(ctx, cmd, o.meta())
			return answer{Lines: []string{o.words("Đã giữ số %02d, sổ %s/%d.", "Kept number %02d of book %s/%d.", entry.Number, entry.Book, entry.Year)}}, err
		}),
		ownCommand("enter-number", "", "", func(ctx context.Context, eng *engine.Engine, o order, cmd workflow.EnterNumber) (answer, error) {
			return answer{Lines: []string{o.words("Đã ghi số %02d, sổ %s/%d.", "Recorded number %02d of book %s/%d.", cmd.Number, cmd.Book, cmd.Year)}},
				eng.EnterNumber(ctx, cmd, o.meta())
		}),
		ownCommand("explain-number", "", "", func(ctx context.Context, eng *engine.Engine, o order, cmd workflow.ExplainNumber) (answer, error) {
			return answer{Lines: []string{o.words("Đã ghi lý do số %02d, sổ %s/%d không dùng.", "Recorded why number %02d of book %s/%d is not used.", cmd.Number, cmd.Book, cmd.Year)}},
				eng.ExplainNumber(ctx, cmd, o.meta())
		}),
	}
}
