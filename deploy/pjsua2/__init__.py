"""``make pjsua2``: PJSIP with room for 2,000 calls, built from verified source, in place of the ready wheel.

The ready wheel on the package index takes 4 calls. `source` fetches and checks, `building` compiles, `wheel`
packs, `proof` asks the result what it really takes.
"""
