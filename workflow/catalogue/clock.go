package catalogue

import (
	"context"

	"covenant/internal/words"
)

// Nothing is what a command without fields takes.
type Nothing struct{}

func confirmClock(ctx context.Context, r *run, _ Nothing) (a Answer, err error) {
	now, err := r.eng.ConfirmClock(ctx, r.actor)
	if err == nil {
		r.say(&a, words.F("Đã xác nhận đồng hồ: bây giờ là %s.", "The clock is confirmed: it is now %s.",
			r.moment(now)))
	}
	return a, err
}
