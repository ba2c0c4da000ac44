package main

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"covenant/workflow/catalogue"
	"covenant/workflow/engine"
)

type initCmd struct {
	place
}

// Run makes data directory, database and the server's secret where they are not there yet, and says what to keep
// elsewhere. Given again it says the same.
func (cmd *initCmd) Run(e *env) error {
	c, err := cmd.settings()
	if err != nil {
		return err
	}
	i, err := openInstallation(e.ctx, c, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	e.say("Thư mục dữ liệu: %s (%s)", "Data directory: %s (%s)", i.store.Dir(), i.store.Database())
	e.say("Khóa kiểm tra bản sao lưu: %s", "Key that checks backups: %s", engine.PublicKey(i.engine.Secret))
	e.say("Hãy ghi lại khóa này ở nơi khác; máy mới cần nó để khôi phục (covenant restore --key).",
		"Note it elsewhere; a new machine needs it to restore (covenant restore --key).")
	e.say("Hãy cất một bản sao của %[1]s ở nơi khác: không bản sao lưu nào chứa tệp này. Sau đó xác nhận: "+
		"covenant secret confirm BẢN-SAO",
		"Keep a copy of %[1]s elsewhere: no backup holds it. Then confirm it: covenant secret confirm COPY",
		secretFile(c))
	return i.close()
}

type secretCmd struct {
	Confirm secretConfirmCmd `cmd:"" help:"Show the copy of the server's secret that is kept elsewhere; doctor says when that was last done."`
}

type secretConfirmCmd struct {
	Copy string `arg:"" help:"The copy, for example on the medium that it is kept on." type:"existingfile"`
	place
}

// Run has the copy compared with the secret.
func (cmd *secretConfirmCmd) Run(e *env) error {
	c, err := cmd.settings()
	if err != nil {
		return err
	}
	same, err := sameFile(cmd.Copy, secretFile(c))
	if err != nil {
		return err
	}
	if same {
		return sentence("%s chính là tệp đang dùng, không phải bản cất ở nơi khác",
			"%s is the very file that is in use, no copy that is kept elsewhere", cmd.Copy)
	}
	copied, err := os.ReadFile(cmd.Copy)
	if err != nil {
		return err
	}
	return cmd.give(e, call("confirm-secret-copy", "", ""), catalogue.SecretCopy{Copy: copied})
}

// sameFile reports whether two names are of one file; one that is not there is none.
func sameFile(a, b string) (bool, error) {
	first, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	second, err := os.Stat(b)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(first, second), err
}
