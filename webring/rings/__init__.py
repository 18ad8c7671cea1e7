"""Rings: circles of communities and sites that vouch for each other, and how one walks them."""
