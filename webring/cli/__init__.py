"""The commands, one file for each group. `python -m webring` and `webring` begin at `app.main`."""
