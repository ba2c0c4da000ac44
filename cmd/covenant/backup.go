package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"covenant/workflow/engine"
	"covenant/workflow/store"
)

type backupCmd struct {
	Data     string `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." env:"COVENANT_DATABASE" placeholder:"URL"`
	Blobs    string `help:"Where files are kept, as serve has it. Default: blobs in the data directory." env:"COVENANT_BLOBS" placeholder:"URL"`
	Secret   string `name:"secret-file" help:"The server's secret, by which the backup is signed. Default: server.secret in the data directory." env:"COVENANT_SECRET_FILE" placeholder:"FILE"`
	Out      string `short:"o" required:"" help:"Backup file (ZIP); keep it as safe as the data." placeholder:"FILE.zip"`
	JSON     bool   `name:"json" help:"Print the manifest as JSON."`
}

// Run makes a consistent copy, also while the directory is served.
func (cmd *backupCmd) Run(e *env) (err error) {
	path := secretFile(config{Data: cmd.Data, SecretFile: cmd.Secret})
	secret, err := keptSecret(path)
	if err != nil {
		return err
	}
	if secret == nil {
		return sentence("không có khóa máy chủ %s để ký bản sao lưu; hãy nêu --secret-file TỆP",
			"the server's secret %s, by which a backup is signed, is not there; name it by --secret-file FILE", path)
	}
	return readOnlyWith(e, cmd.Data, cmd.Database, cmd.Blobs, func(eng *engine.Engine) error {
		made, err := writeStream(cmd.Out,
			func(w io.Writer) (store.Backup, error) { return eng.Backup(e.ctx, w, secret) })
		if err != nil {
			return err
		}
		if cmd.JSON {
			return json.NewEncoder(e.out).Encode(made)
		}
		e.say("Đã sao lưu %[1]d sự kiện và %[2]d tệp vào %[3]s. Tệp khóa server.secret không nằm trong bản sao; hãy "+
			"cất riêng.",
			"Backed up %[1]d events and %[2]d files into %[3]s. The file server.secret is not in it; keep that apart.",
			made.Events, len(made.Blobs), cmd.Out)
		e.say("Khóa để kiểm tra khi khôi phục: %s", "The key that checks it when it is restored: %s",
			engine.PublicKey(secret))
		return nil
	})
}

// writeStream writes a file that may be large; it is there whole or not at all.
func writeStream[T any](path string, write func(io.Writer) (T, error)) (result T, err error) {
	err = makeWhole(path, 0o600, func(f *os.File) (err error) {
		result, err = write(f)
		return err
	})
	return result, err
}

type restoreCmd struct {
	In       string `arg:"" help:"Backup file." type:"existingfile"`
	Data     string `default:"data" help:"Data directory, empty." placeholder:"DIR"`
	Database string `help:"PostgreSQL address, of an empty database." env:"COVENANT_DATABASE" placeholder:"URL"`
	Blobs    string `help:"Where files are to be kept. Default: blobs in the data directory." env:"COVENANT_BLOBS" placeholder:"URL"`
	// Key comes from outside the backup: whoever forges the one writes the other.
	Key      string `help:"Key of the installation that made the backup, from a mail of a daily root, or as init and backup print it." placeholder:"ed25519:…"`
	Secret   string `name:"secret-file" help:"Instead of the key: the server's secret of that installation." env:"COVENANT_SECRET_FILE" placeholder:"FILE"`
	Unsigned bool   `help:"Accept the backup whoever made it: one of v0.1, or one whose key is lost."`
}

// restoring says which backups are accepted.
func (cmd *restoreCmd) restoring() (r store.Restoring, err error) {
	calendar, err := loadCalendar("")
	if err != nil {
		return r, err
	}
	r = store.Restoring{Unsigned: cmd.Unsigned, Finish: engine.FinishRestore(calendar)}
	key := cmd.Key
	if key == "" && cmd.Secret != "" {
		secret, err := keptSecret(cmd.Secret)
		if err != nil {
			return r, err
		}
		key = engine.PublicKey(secret)
	}
	if key == "" {
		if !cmd.Unsigned {
			err = sentence("cần biết bản sao lưu do hệ thống nào lập: --key KHÓA (có trong thư gốc hằng ngày), "+
				"--secret-file TỆP, hoặc --unsigned để nhận bản sao bất kể ai lập",
				"say whose backup it must be: --key KEY (it stands in the mails of daily roots), --secret-file FILE, "+
					"or --unsigned to accept it whoever made it")
		}
		return r, err
	}
	public, err := store.ParseKey(key)
	r.Keys = append(r.Keys, public)
	return r, err
}

// Run brings a backup back; every part is checked before anything is in place.
func (cmd *restoreCmd) Run(e *env) error {
	f, err := os.Open(cmd.In)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	options := store.Options{Dir: cmd.Data, DatabaseURL: cmd.Database}
	if options.Blobs, err = blobsAt(e.ctx, cmd.Blobs); err != nil {
		return err
	}
	restoring, err := cmd.restoring()
	if err != nil {
		return err
	}
	made, err := store.Restore(e.ctx, f, info.Size(), options, restoring)
	if err != nil {
		return err
	}
	if cmd.Unsigned {
		e.say("Chữ ký của bản sao lưu không được kiểm tra (--unsigned).",
			"The backup's signature was not checked (--unsigned).")
	}
	e.say("Đã khôi phục %d sự kiện và %d tệp, bản sao lúc %s. Hãy đặt lại server.secret trước khi phục vụ.",
		"Restored %d events and %d files, backed up at %s. Put server.secret back before serving.", made.Events,
		len(made.Blobs), made.MadeAt.Format("15:04 02/01/2006"))
	return nil
}

type rebuildCmd struct {
	Data     string `default:"data" help:"Data directory." placeholder:"DIR"`
	Database string `help:"PostgreSQL address; default is SQLite in the data directory." env:"COVENANT_DATABASE" placeholder:"URL"`
}

// Run makes the derived rows anew from the event log.
func (cmd *rebuildCmd) Run(e *env) error {
	if _, err := os.Stat(cmd.Data); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	calendar, err := loadCalendar("")
	if err != nil {
		return err
	}
	s, err := store.Open(e.ctx, store.Options{Dir: cmd.Data, DatabaseURL: cmd.Database})
	if err != nil {
		return fmt.Errorf("data directory %s: %w", cmd.Data, err)
	}
	eng, err := engine.New(engine.Config{Store: s, Calendar: calendar})
	if err != nil {
		return errors.Join(err, s.Close())
	}
	n, err := eng.Rebuild(e.ctx)
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	e.say("Đã dựng lại các bảng tổng hợp của %d giao ước từ nhật ký.",
		"Rebuilt the derived rows of %d covenants from the log.", n)
	return nil
}
