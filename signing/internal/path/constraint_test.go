package path_test

import (
	"testing"

	"covenant/signing/internal/path"
)

// end has an authority A with constraints and an EE with names.
func end(constraints, names string) string { return "A < R " + constraints + "; EE < A " + names }

func TestDirectoryConstraints(t *testing.T) { // 4.13.1 to 4.13.20
	const one, two = "dir:C=VN/O=Test/OU=P1", "dir:C=VN/O=Test/OU=P2"
	const in1, in2 = "subject=C=VN/O=Test/OU=P1/CN=E", "subject=C=VN/O=Test/OU=P2/CN=E"
	const alt1, alt2 = " alt=dir:C=VN/O=Test/OU=P1/CN=F", " alt=dir:C=VN/O=Test/OU=P2/CN=F"
	const sub1 = "; B < A subject=C=VN/O=Test/OU=P1/CN=B "
	check(t, []row{
		{"4.13.1 permitted", end("permit="+one, in1), "", ""},
		{"4.13.2 not permitted", end("permit="+one, in2), path.Names, ""},
		{"not permitted alternative name", end("permit="+one, in1+alt2), path.Names, ""},
		{"permitted alternative name", end("permit="+one, in1+alt1), "", ""},
		{"one of two", end("permit="+one+","+two, in2), "", ""},
		{"one of two, alternative name of the other", end("permit="+one+","+two, in2+alt1), "", ""},
		{"none of two", end("permit="+one+","+two, "subject=C=VN/O=Test/OU=P3/CN=E"), path.Names, ""},
		{"excluded", end("exclude="+one, in1), path.Names, ""},
		{"excluded another", end("exclude="+one, in2), "", ""},
		{"excluded alternative name", end("exclude="+one, in2+alt1), path.Names, ""},
		{"the base itself", end("permit="+one, "subject=C=VN/O=Test/OU=P1"), "", ""},
		{"shorter than the base", end("permit="+one, "subject=C=VN/O=Test"), path.Names, ""},
		{"begins with other letters", end("permit="+one, "subject=C=VN/O=Test/OU=P11/CN=E"), path.Names, ""},
		{"the base in another place", end("permit=dir:OU=P1", in1), path.Names, ""},
		{"no subject", end("permit="+one, "subject="), "", ""},
		{"capitals and kinds of strings", end("permit=dir:C=VN/O=u!TEST/OU=u!p1", in1), "", ""},
		{"excluded in capitals", end("exclude=dir:C=VN/O=u!TEST/OU=u!p1", in1), path.Names, ""},
		{"empty base", end("permit=dir:", in1), "", ""},
		{"excluded everything", end("exclude=dir:", in1), path.Names, ""},
		{"permitted and excluded within", end("permit=dir:C=VN exclude="+one, in1), path.Names, ""},
		{"permitted and excluded beside", end("permit=dir:C=VN exclude="+one, in2), "", ""},
		{"both authorities, intersection",
			"A < R permit=" + one + ",dir:C=US" + sub1 + "permit=dir:C=US,dir:C=VN/O=Test/OU=P1/L=X; EE < B " + in1,
			path.Names, ""},
		{"both authorities, within both",
			"A < R permit=" + one + sub1 + "permit=dir:C=VN/O=Test/OU=P1/CN=E; EE < B " + in1, "", ""},
		{"nothing is left of both", "A < R permit=" + one + sub1 + "permit=" + two + "; EE < B " + in2, path.Names, ""},
		{"a wider one below adds nothing", "A < R permit=" + one + sub1 + "permit=dir:C=VN; EE < B " + in2, path.Names,
			""},
		{"excluded below", "A < R permit=dir:C=VN" + sub1 + "exclude=" + two + "; EE < B " + in2, path.Names, ""},
		{"excluded above, permitted below", "A < R exclude=" + two + sub1 + "permit=" + two + "; EE < B " + in2,
			path.Names, ""},
		{"an authority outside", "A < R permit=" + one + "; B < A; EE < B " + in1, path.Names, ""},
		{"its own name is not confined", "A < R permit=" + one + " subject=C=US; EE < A " + in1, "", ""},
		{"self-issued outside", "A < R permit=" + one + "; S < A subject=O=Test/CN=A; EE < S " + in1, "", ""},
		{"4.13.20 self-issued outside at the end", "A < R permit=" + one + "; EE < A subject=O=Test/CN=A", path.Names,
			""},
		{"of the anchor", "R < R permit=" + one + "; EE < R " + in2, path.Names, ""},
		{"of the anchor, kept", "R < R permit=" + one + "; EE < R " + in1, "", ""},
		{"of another form only", end("permit=dns:test.vn", in1), "", ""},
	})
}

func TestOtherConstraints(t *testing.T) { // 4.13.21 to 4.13.38
	check(t, []row{
		{"host", end("permit=email:test.vn", "alt=email:an@test.vn"), "", ""},
		{"host, capitals", end("permit=email:test.vn", "alt=email:an@TEST.vn"), "", ""},
		{"below the host", end("permit=email:test.vn", "alt=email:an@mail.test.vn"), path.Names, ""},
		{"hosts below", end("permit=email:.test.vn", "alt=email:an@mail.test.vn"), "", ""},
		{"hosts below, the host", end("permit=email:.test.vn", "alt=email:an@test.vn"), path.Names, ""},
		{"hosts below, same ending", end("permit=email:.test.vn", "alt=email:an@contest.vn"), path.Names, ""},
		{"mailbox", end("permit=email:an@test.vn", "alt=email:an@test.vn"), "", ""},
		{"mailbox, capitals before the @", end("permit=email:an@test.vn", "alt=email:An@test.vn"), path.Names, ""},
		{"mailbox, another", end("permit=email:an@test.vn", "alt=email:ba@test.vn"), path.Names, ""},
		{"excluded host", end("exclude=email:test.vn", "alt=email:an@test.vn"), path.Names, ""},
		{"excluded host, another", end("exclude=email:test.vn", "alt=email:an@b.vn"), "", ""},
		{"no address but constrained", end("permit=email:test.vn", "alt=email:test.vn"), path.Names, ""},
		{"no address, not constrained", end("permit=dns:test.vn", "alt=email:test.vn"), "", ""},
		{"address in the subject", end("permit=email:test.vn", "subject=O=T/E=an@test.vn"), "", ""},
		{"4.13.29 address in the subject, outside", end("permit=email:test.vn", "subject=O=T/E=an@b.vn"), path.Names,
			""},
		{"address in the subject, excluded", end("exclude=email:b.vn", "subject=O=T/E=an@b.vn"), path.Names, ""},
		{"address in the subject, in UTF8String", end("permit=email:test.vn", "subject=O=T/E=u!an@b.vn"), path.Names,
			""},
		{"address in the subject beside alternative names",
			end("permit=email:test.vn", "subject=O=T/E=an@b.vn alt=email:an@test.vn"), "", ""},

		{"4.13.30 DNS", end("permit=dns:test.vn", "alt=dns:www.test.vn"), "", ""},
		{"DNS, the host", end("permit=dns:test.vn", "alt=dns:test.vn"), "", ""},
		{"4.13.31 DNS, outside", end("permit=dns:test.vn", "alt=dns:b.vn"), path.Names, ""},
		{"4.13.38 DNS, same ending", end("permit=dns:test.vn", "alt=dns:contest.vn"), path.Names, ""},
		{"DNS, capitals and dot at the end", end("permit=dns:test.vn", "alt=dns:WWW.Test.VN."), "", ""},
		{"4.13.33 DNS, excluded", end("exclude=dns:test.vn", "alt=dns:www.test.vn"), path.Names, ""},
		{"4.13.32 DNS, excluded another", end("exclude=dns:test.vn", "alt=dns:b.vn"), "", ""},
		{"DNS, leading dot", end("permit=dns:.test.vn", "alt=dns:test.vn"), path.Names, ""},
		{"DNS, everything", end("exclude=dns:", "alt=dns:b.vn"), path.Names, ""},
		{"DNS, one of two names outside", end("permit=dns:test.vn", "alt=dns:a.test.vn,dns:b.vn"), path.Names, ""},

		{"4.13.34 URI, hosts below", end("permit=uri:.test.vn", "alt=uri:http://www.test.vn/x"), "", ""},
		{"4.13.35 URI, outside", end("permit=uri:.test.vn", "alt=uri:http://test.vn/x"), path.Names, ""},
		{"URI, host", end("permit=uri:test.vn", "alt=uri:ldap://test.vn:389/x"), "", ""},
		{"URI, below the host", end("permit=uri:test.vn", "alt=uri:http://www.test.vn/"), path.Names, ""},
		{"4.13.37 URI, excluded", end("exclude=uri:test.vn", "alt=uri:ftp://test.vn/x"), path.Names, ""},
		{"4.13.36 URI, excluded another", end("exclude=uri:test.vn", "alt=uri:ftp://b.vn/x"), "", ""},
		{"URI without host", end("permit=uri:test.vn", "alt=uri:mailto:an@test.vn"), path.Names, ""},
		{"URI with an address as host", end("exclude=uri:test.vn", "alt=uri:http://10.0.0.1/"), path.Names, ""},
		{"URI with a user that looks like the host", end("permit=uri:test.vn", "alt=uri:http://test.vn@b.vn/"),
			path.Names, ""},

		{"IP", end("permit=ip:10.1.0.0-255.255.0.0", "alt=ip:10.1.2.3"), "", ""},
		{"IP, outside", end("permit=ip:10.1.0.0-255.255.0.0", "alt=ip:10.2.2.3"), path.Names, ""},
		{"IP, excluded", end("exclude=ip:10.1.0.0-255.255.0.0", "alt=ip:10.1.2.3"), path.Names, ""},
		{"IP, the other version", end("permit=ip:10.1.0.0-255.255.0.0", "alt=ip:::1"), path.Names, ""},
		{"IPv6", end("permit=ip:2001:db8::-ffff:ffff::", "alt=ip:2001:db8::7"), "", ""},
		{"IPv6, outside", end("permit=ip:2001:db8::-ffff:ffff::", "alt=ip:2001:db9::7"), path.Names, ""},
		{"IPv6, excluded everything", end("exclude=ip:::-::", "alt=ip:2001:db9::7"), path.Names, ""},

		{"4.13.27 directory name and address", end("permit=dir:O=T,email:test.vn",
			"subject=O=T/CN=E alt=email:an@test.vn"),
			"", ""},
		{"4.13.28 directory name and another address", end("permit=dir:O=T,email:test.vn",
			"subject=O=T/CN=E alt=email:an@b.vn"), path.Names, ""},
		{"a form that is not supported", end("permit=reg:1.2.3.4", "alt=reg:1.2.3.4"), path.Names, ""},
		{"excluded form that is not supported", end("exclude=reg:1.2.3.4", "alt=reg:1.2.3.5"), path.Names, ""},
		{"other name", end("exclude=other:x", "alt=other:y"), path.Names, ""},
		{"a form that is not supported, and no such name", end("permit=reg:1.2.3.4", "alt=dns:b.vn"), "", ""},
		{"such a name, and another form constrained", end("permit=dns:b.vn", "alt=dns:b.vn,other:y"), "", ""},
		{"malformed directory name, constrained", end("permit=dir:O=T", "subject=O=T ext=2.5.29.17:3004a4020500"),
			path.Names,
			""},
		{"malformed directory name, excluded", end("exclude=dir:O=X", "subject=O=T ext=2.5.29.17:3004a4020500"),
			path.Names,
			""},
		{"malformed directory name, not constrained", end("permit=dns:b.vn", "ext=2.5.29.17:3004a4020500"), "", ""},
		{"malformed", "A < R cext=2.5.29.30:0500; EE < A", path.Malformed, ""},
		{"neither permitted nor excluded", "A < R cext=2.5.29.30:3000; EE < A", path.Malformed, ""},
		{"minimum and maximum", "A < R cext=2.5.29.30:300ca00a30088203622e76800101; EE < A", path.Malformed, ""},
		{"minimum of 0, written out", "A < R cext=2.5.29.30:300da00b30098204622e766e800100; EE < A", "", ""},
		{"address without mask", "A < R cext=2.5.29.30:300aa008300687040a000001; EE < A", path.Malformed, ""},
	})
}
