"""Presidio recognizers for what identifies people in Korean administrative text.

They stand in for Presidio's own Korean and generic recognizers, which are off by default and known to take
time stamps for licences, miss numbers with Hangul attached and know no Korean context.
"""
