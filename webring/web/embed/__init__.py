"""Embeds: what a member's site shows of its ring, in six forms, and what they are made of.

`place`, `options` and `words` say whose embed it is and how it looks; `snippets` makes the text to
paste and `frame` the page to be framed; `button` and `card` draw; `routes` answers.
"""
