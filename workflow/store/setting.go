package store

import (
	"context"
	"encoding/json"

	"covenant/workflow/store/db"
)

// SaveSetting writes a setting, replacing what was there.
func (tx accounts) SaveSetting(ctx context.Context, key string, value json.RawMessage) error {
	err := tx.q.SaveSetting(ctx, db.SaveSettingParams{Key: key, Value: jsonText(value), UpdatedAt: millis(tx.Now())})
	return classify(err, "save setting "+key)
}

// Setting reads a setting.
func (tx accounts) Setting(ctx context.Context, key string) (json.RawMessage, bool, error) {
	value, found, err := wrapOne(tx.q.Setting(ctx, key))("setting " + key)
	return json.RawMessage(value), found, err
}

// Settings reads the settings whose keys begin with prefix.
func (tx accounts) Settings(ctx context.Context, prefix string) (map[string]json.RawMessage, error) {
	rows, err := tx.q.Settings(ctx, db.SettingsParams{First: prefix, Past: past(prefix)})
	settings := make(map[string]json.RawMessage, len(rows))
	for _, r := range rows {
		settings[r.Key] = json.RawMessage(r.Value)
	}
	return settings, classify(err, "settings "+prefix)
}

// DeleteSetting removes a setting, if it is there.
func (tx accounts) DeleteSetting(ctx context.Context, key string) error {
	return classify(tx.q.DeleteSetting(ctx, key), "delete setting "+key)
}
