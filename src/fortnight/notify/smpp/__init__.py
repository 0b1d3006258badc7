"""SMPP 3.4, the language of operators' message centres: our own small client.

`pdu` is the bytes, `words` the alphabets and parts, `receipts` what a delivery receipt says,
`session` one bound connection, `link` keeps one up, `gateway` puts texts through it.
"""
