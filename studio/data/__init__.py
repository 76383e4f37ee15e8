"""From audio files to clips: reading, importing, splitting, checking, augmenting."""
