package main

import "regexp"

// passwordInAddress matches an address that holds a password or a secret key: scheme://name:secret@host.
var passwordInAddress = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/@\s:]*:[^/@\s]+@`)

// checkArguments refuses passwords on the command line, which every user of the machine reads in the list of processes.
func checkArguments(args []string) error {
	for _, arg := range args {
		if passwordInAddress.MatchString(arg) {
			return sentence("dòng lệnh chứa địa chỉ có mật khẩu, mà mọi người dùng của máy đều xem được (ps); hãy để "+
				"địa chỉ trong tệp cấu hình (--config) hoặc biến môi trường (COVENANT_DATABASE, COVENANT_BLOBS), hoặc "+
				"mật khẩu trong tệp mà PGPASSFILE nêu",
				"the command line holds an address with a password, which every user of the machine can see (ps); put "+
					"the address into the configuration file (--config) or the environment (COVENANT_DATABASE, "+
					"COVENANT_BLOBS), or the password into the file that PGPASSFILE names")
		}
	}
	return nil
}
