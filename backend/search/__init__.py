"""Finding policies by what people type: Chinese, English, pinyin, pinyin initials, document numbers.

`units` cuts texts into what can be found, `pinyin` knows how Chinese sounds and reads typed pinyin,
`query` makes out what was meant, `index` asks the database, `passage` shows where it was found.
"""
