package engine

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"covenant/signing"
	"covenant/workflow"
)

// A document's versions are the frozen file and what signing appended to it, nothing else. The rules know them by
// digest; that they are so is looked at here, whenever one is about to be believed: a file that somebody brings, the
// head before the next person signs it, what was just signed, the finished document, and whenever the page is read.
// What the frozen file was is believed to the log ([workflow.Frozen]), where only the freezing job writes it, after it
// has proven that nothing but number, date and watermark differs from what was approved.

// baseOf is the frozen document of a covenant as the log has it; nil before there is one.
func baseOf(c *workflow.Covenant) *signing.Base {
	if c.Frozen == nil {
		return nil
	}
	return &signing.Base{Size: c.Frozen.Size, SHA256: c.Frozen.PDF}
}

// verifyVersion judges a file as a version of a covenant's document, by the engine's trust anchors and what the file
// itself holds.
func (e papers) verifyVersion(ctx context.Context, c *workflow.Covenant, file []byte) (*signing.Report, error) {
	return signing.Verify(ctx, bytes.NewReader(file), int64(len(file)),
		signing.VerifyOptions{Roots: e.Roots, Seal: c.IsSealField, Base: baseOf(c), Policy: e.Policy})
}

// altered refuses a file that is not the frozen document and signatures.
func altered(report *signing.Report) error {
	if report.Base == nil || report.Base.Intact {
		return nil
	}
	text := report.Base.Text()
	return workflow.Refusal(workflow.CodeConflict, "%s Không ký vào tệp này; hãy báo quản trị.",
		"%s Do not sign this file; tell the administrator.", text)
}

// verdicts remembers the report of the newest bytes asked about, by digest, base and day: what passes today may have
// expired tomorrow.
type verdicts struct {
	mu      sync.Mutex
	reports map[verdictKey]*signing.Report
}

type verdictKey struct {
	digest, base workflow.Digest
	day          string
}

const maxVerdicts = 64

func keyOfVerdict(c *workflow.Covenant, digest workflow.Digest) verdictKey {
	key := verdictKey{digest: digest, day: time.Now().Format(time.DateOnly)}
	if c.Frozen != nil {
		key.base = c.Frozen.PDF
	}
	return key
}

func (v *verdicts) get(key verdictKey) *signing.Report {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.reports[key]
}

func (v *verdicts) put(key verdictKey, report *signing.Report) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.reports == nil || len(v.reports) >= maxVerdicts {
		v.reports = map[verdictKey]*signing.Report{}
	}
	v.reports[key] = report
}

// verdict is the report on a covenant's newest version.
func (e papers) verdict(ctx context.Context, c *workflow.Covenant) (*signing.Report, error) {
	key := keyOfVerdict(c, c.Head)
	if report := e.verdicts.get(key); report != nil {
		return report, nil
	}
	file, err := e.readBlob(ctx, c.Head)
	if err != nil {
		return nil, err
	}
	report, err := e.verifyVersion(ctx, c, file)
	if err != nil {
		return nil, fmt.Errorf("verify document %s: %w", c.Head.Short(), err)
	}
	e.verdicts.put(key, report)
	return report, nil
}

// unaltered refuses to go on with a covenant whose newest version is not what was frozen and signatures.
func (e papers) unaltered(ctx context.Context, c *workflow.Covenant) error {
	report, err := e.verdict(ctx, c)
	if err != nil {
		return err
	}
	return altered(report)
}

// verifySigned judges the very bytes that will be kept as a covenant's next version: they are the frozen document and
// signatures, none fails, and there are as many of them as expected.
func (e papers) verifySigned(
	ctx context.Context, c *workflow.Covenant, file []byte, want int,
) (*signing.Report, error) {
	report, err := e.verifyVersion(ctx, c, file)
	if err != nil {
		return nil, fmt.Errorf("verify what was signed: %w", err)
	}
	if err := altered(report); err != nil {
		return nil, err
	}
	count := 0
	for _, result := range report.Results {
		if result.Indication == signing.TotalFailed {
			return nil, fmt.Errorf("verify what was signed: field %s: %s", result.Field, result.SubIndication)
		}
		if result.Kind == signing.KindSignature {
			count++
		}
	}
	if count != want {
		return nil, fmt.Errorf("verify what was signed: the document holds %d signatures instead of %d", count, want)
	}
	e.verdicts.put(keyOfVerdict(c, workflow.DigestOf(file)), report)
	return report, nil
}

// verifyComplete proves that the finished file passes by what it holds, without the network.
func (e papers) verifyComplete(ctx context.Context, c *workflow.Covenant, file []byte, want int) error {
	report, err := e.verifySigned(ctx, c, file, want)
	if err != nil {
		return err
	}
	for _, result := range report.Results {
		if result.Indication != signing.TotalPassed {
			return fmt.Errorf("verify the completed document: field %s: %s %s", result.Field,
				result.Indication, result.SubIndication)
		}
	}
	return nil
}
