"""Where a file comes from: signed by the studio, read back and told in plain words.

The only room of ``c2pa``, whose Content Credentials other programs read too. A signature is the
last thing that is done to a file: whatever writes it again takes the signature off.
"""
