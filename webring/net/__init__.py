"""The one door out: every request that this program makes passes here."""
