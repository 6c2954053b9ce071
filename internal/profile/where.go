package profile

import "context"

// Where tells where the secrets of an org are.
func (s *Store) Where(name string) (Kept, error) {
	var kept Kept
	err := s.read(context.Background(), func(f *file) error {
		e, err := s.find(f, name)
		if err != nil {
			return err
		}
		if len(e.keychain) > 0 {
			kept = Kept{Secrets: e.keychain, Keychain: true}
			return nil
		}
		kept = Kept{Secrets: Org{Values: e.values}.secrets(), File: s.File()}
		return nil
	})
	return kept, err
}
