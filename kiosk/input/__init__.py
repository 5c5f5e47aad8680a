"""Entering text, numbers and dates by touch: the pinyin engine and the keyboards."""
