package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// migrate brings our tables and the job engine's to the version of this program.
func (s *Store) migrate(ctx context.Context) error {
	provider, err := s.migrator()
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return classify(err, "migrate database")
	}
	for _, r := range results {
		s.logger.InfoContext(ctx, "database migrated", "version", r.Source.Version, "took", r.Duration)
	}
	if err := s.migrateJobs(ctx); err != nil {
		return classify(err, "migrate job tables")
	}
	return s.openInserter()
}

// Schema is the version of the tables that this program works on: the number of its newest migration.
func Schema() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("embedded migrations: %d files, %w", len(files), err)
	}
	return goose.NumericComponent(slices.Max(files))
}

func (s *Store) migrator() (*goose.Provider, error) {
	dir, dialect := "migrations/sqlite", goose.DialectSQLite3
	if s.dialect == postgresDialect {
		dir, dialect = "migrations/postgres", goose.DialectPostgres
	}
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return nil, fmt.Errorf("embedded migrations: %w", err)
	}
	pool := s.writer
	if pool == nil {
		pool = s.reader
	}
	provider, err := goose.NewProvider(dialect, pool, files, goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

func (s *Store) migrateJobs(ctx context.Context) error {
	config := &rivermigrate.Config{Logger: s.logger}
	if s.dialect == postgresDialect {
		m, err := rivermigrate.New(riverpgxv5.New(s.pool), config)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	m, err := rivermigrate.New(riversqlite.New(s.writer), config)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// checkMigrated refuses a database of another version, which a read-only store must not migrate.
func (s *Store) checkMigrated(ctx context.Context) error {
	provider, err := s.migrator()
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	wanted := sources[len(sources)-1].Version
	var have int64
	query := "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"
	if err := s.reader.QueryRowContext(ctx, query).Scan(&have); err != nil {
		return errors.Join(errors.New("the database was not made by this program, or never served"), classify(err, ""))
	}
	switch {
	case have < wanted:
		return fmt.Errorf("the database has version %d, this program needs %d: serve it once with this program "+
			"(covenant serve), which migrates it; back it up before", have, wanted)
	case have > wanted:
		return fmt.Errorf("the database has version %d, of a newer program; this one knows %d: use the program that "+
			"migrated it", have, wanted)
	}
	return nil
}
