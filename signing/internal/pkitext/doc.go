// Package pkitext makes certificates and revocation lists for tests from a few lines of text, by hand, so that they can
// be anything that RFC 5280 knows, and what it forbids.
//
// A line, or what stands between semicolons, is one certificate or list:
//
//	A < R ca=0 policies=1,2 permit=dir:C=VN
//	list A revoke=EE:keyCompromise
//
// A certificate has a name, who issued it, and words. R is a self-signed certificate if no line says otherwise. A
// certificate that issues another is an authority's, with the usage keyCertSign and cRLSign, unless it says “ca=…”,
// “user”, “v1” or “usage=…”. Its subject is O=Test, CN=name; its key is of its own unless “key=…” gives that of another
// name.
//
//	subject=DN issuer=DN  another subject; another issuer than the issuing certificate's subject
//	key=NAME by=NAME      the key in it; the key that signs it, in place of the issuer's
//	kind=p256             of its key: p256, p384, ed25519, rsa2048, rsa1024, pss2048
//	spki=HEX              another SubjectPublicKeyInfo, of which nobody has the key
//	ca ca=N user v1       basicConstraints with cA, and a length; with cA false; a version 1 certificate
//	usage=sign+cert+crl   keyUsage; “usage=no” for none
//	policies=1,2,any      certificatePolicies; numbers are below 1.2.3
//	map=1>2,2>3           policyMappings
//	explicit=N nomap=N noany=N   requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy
//	permit=… exclude=…    nameConstraints; commas between names
//	alt=…                 subjectAltName
//	points=…              cRLDistributionPoints, see below
//	freshest=…            freshestCRL, as points; lists may have it, too
//	access=URL            authorityInfoAccess: where the issuer's certificate is
//	critical=OID extra=OID       an unknown extension, critical or not
//	ext=OID:HEX cext=OID:HEX     any extension with its value, not critical or critical
//	exts=HEX              all extensions, as the elements of one SEQUENCE, in place of any others
//	serial=N from=YEAR to=YEAR   serial number; period, by default 2020 to 2040
//	ski=HEX aki=HEX       key identifiers; default none
//	sha1                  signed with SHA-1
//	broken                its signature does not hold
//
// Names are dir:DN, email:X, dns:X, uri:X, ip:A or ip:A-MASK, reg:OID, other:X. A DN is C=VN/O=Test/CN=A, + between
// the attributes of one RDN, _ for a space; p!, u!, b!, t! or i! before a value makes it a PrintableString, UTF8String,
// BMPString, TeletexString or IA5String.
//
// A list has the name of the certificate that issues it, and words of which issuer, by, from, to, critical, extra, ext,
// sha1 and broken are as above:
//
//	revoke=NAME:REASON,…  entries for certificates by name or “#serial”; reason as in RFC 5280 §5.3.1, or none;
//	                      with @DN after it a certificateIssuer
//	number=N delta=N      cRLNumber; deltaCRLIndicator
//	point=…               the distribution point in issuingDistributionPoint: names, or rel:ATTRIBUTE
//	only=user|ca|attr     onlyContains…
//	reasons=A+B           onlySomeReasons
//	indirect              indirectCRL
//	entry=OID             an unknown critical extension in each entry
//	as=NAME               its own name; default that of the issuer
//
// points has one or more points with | between; each is names or rel:ATTRIBUTE, and may be followed by ~reasons=A+B and
// ~issuer=DN.
package pkitext
