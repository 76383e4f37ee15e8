"""From sound to features: windows, spectra, filterbanks, and the tables of their C form."""
