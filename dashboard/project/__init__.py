"""The runnable project of this repository: settings, urls and the demo. Not part of the wheel."""
