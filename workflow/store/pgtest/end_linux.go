package pgtest

import "syscall"

// endWithUs has the system end the server when the tests' process is killed.
func endWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
