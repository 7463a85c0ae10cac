"""
The libraries that Safe publishes to be run by delegatecall, by address and by code.

Public protocol facts: the addresses from Safe's list of deployments, the code hashes computed from the build artifacts
of its published packages and equal to that list where the code holds no address. A library deployed elsewhere from the
same package is the same library: it is known by its code, with its own address in it blanked out.
"""

_ADDRESSES = """
1.1.1 MultiSend           0x8d29be29923b68abfdd21e541b9374737b49cdad
1.1.1 CreateAndAddModules 0xf61a721642b0c0c8b334ba3763ba1326f53798c0
1.1.1 CreateCall          0x8538fcbccba7f5303d2c679fa5d7a629a8c9bf4a
1.3.0 MultiSend           0xa238cbeb142c10ef7ad8442c6d1f9e89e07e7761
1.3.0 MultiSend           0x998739bfdaadde7c933b942a68053933098f9eda
1.3.0 MultiSend           0x0dfcccb95225ffb03c6fbb2559b530c2b7c8a912
1.3.0 MultiSendCallOnly   0x40a2accbd92bca938b02010e17a5b8929b49130d
1.3.0 MultiSendCallOnly   0xa1dabef33b3b82c7814b6d82a79e50f4ac44102b
1.3.0 MultiSendCallOnly   0xf220d3b4dfb23c4ade8c88e526c1353abacbc38f
1.3.0 CreateCall          0x7cbb62eaa69f79e6873cd1ecb2392971036cfaa4
1.3.0 CreateCall          0xb19d6ffc2182150f8eb585b79d4abcd7c5640a9d
1.3.0 CreateCall          0xcb8e5e438c5c2b45fbe17b02ca9af91509a8ad56
1.3.0 SignMessageLib      0xa65387f16b013cf2af4605ad8aa5ec25a2cba3a2
1.3.0 SignMessageLib      0x98ffbbf51bb33a056b08ddf711f289936aaff717
1.3.0 SignMessageLib      0x357147caf9c0cca67dfa0cf5369318d8193c8407
1.4.1 MultiSend           0x38869bf66a61cf6bdb996a6ae40d5853fd43b526
1.4.1 MultiSend           0x309d0b190fecca8e1d5d8309a16f7e3cb133e885
1.4.1 MultiSendCallOnly   0x9641d764fc13c8b624c04430c7356c1c7c8102e2
1.4.1 MultiSendCallOnly   0x0408ef011960d02349d50286d20531229bcef773
1.4.1 CreateCall          0x9b35af71d77eaf8d7e40252370304687390a1a52
1.4.1 CreateCall          0xaaa566fe7978bb0fb0b5362b7ba23038f4428d8f
1.4.1 SignMessageLib      0xd53cd0ab83d845ac265be939c57f53ad838012c9
1.4.1 SignMessageLib      0xaca1ec0a1a575cdccf1dc3d5d296202eb6061888
1.4.1 SafeMigration       0x526643f69b81b008f46d95cd5ced5ec0edffdac6
1.4.1 SafeMigration       0x817756c6c555a94bcee39eb5a102abc1678b09a7
1.4.1 SafeToL2Migration   0xff83f6335d8930cbad1c0d439a841f01888d9f69
1.4.1 SafeToL2Migration   0xa26620d1f8f1a2433f0d25027f141aacafb3e590
1.4.1 SafeToL2Setup       0xbd89a1ce4dde368ffab0ec35506eece0b1ffdc54
1.4.1 SafeToL2Setup       0x199a9df0224031c20cc27083a4164c9c8f1bcb39
1.5.0 MultiSend           0x218543288004cd07832472d464648173c77d7eb7
1.5.0 MultiSendCallOnly   0xa83c336b20401af773b6219ba5027174338d1836
1.5.0 CreateCall          0x2ef5ecfbea521449e4de05edb1ce63b75eda90b4
1.5.0 SignMessageLib      0x4ffef8222648872b3de295ba1e49110e61f5b5aa
1.5.0 SafeMigration       0x6439e7abd8bb915a5263094784c5cf561c4172ac
1.5.0 SafeToL2Setup       0x900c7589200010d6c6ecaae5b06ebe653bc2d82a
"""

_CODE_HASHES = """
1.3.0 MultiSend           ea3cd4564369cbf8fc26ee65c7f0ba817895866824160662a75f266ef84e45cf
1.3.0 MultiSendCallOnly   a9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad
1.3.0 CreateCall          8155d988823a4f6f1bcbc76a64af8e510c4ce68819290d43cf24956bd24dee82
1.3.0 SignMessageLib      04f321a6d37f5d8a758d11ee89708400438e96f74ff48f02f9bab7d7a7dbc051
1.3.0 SignMessageLib      3ac65dea3cc9dd0d7b7b800f834e3d73415b4e944bb94555c3e4a08fb137e918
1.4.1 MultiSend           be8c0a076af4c2555e37ce30e86a260c5d695e7f1f372621e64eb3b8f91afcea
1.4.1 MultiSendCallOnly   ecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939
1.4.1 CreateCall          2b3060c55fcb8275653e99ad511a71f67ba76934ed66a7d74d6e68b52afff889
1.4.1 SignMessageLib      525c754a46b79e05543a59bb61e8de3c9eee0d955a59352409cbe67ea1077528
1.5.0 MultiSend           6162351242f2689768583ab62161154ad1e0454a1f7706f20ec2346dfd0e157d
1.5.0 MultiSendCallOnly   cdbdcec38d2f1c7d961b0029ff8416b7e86e9974d6f0e9c9580c7d17fcfb6663
1.5.0 CreateCall          6b7d8d29bdf7004c4617d95041923774f3f7e74b056bff55c1861c9ec92ce54f
1.5.0 SignMessageLib      d61840855da008da59a00fc03fb71455b4f70bdca1f56f9504f072ed8d90c50e
"""
"""Keccak-256 of the deployed code, with its own address in it set to zero."""


def _column(table: str, condition: str = "") -> frozenset[str]:
    return frozenset(line.split()[2] for line in table.strip().splitlines() if condition in line)


ADDRESSES = _column(_ADDRESSES)
"""Every published library."""
MIGRATIONS = _column(_ADDRESSES, "Migration")
"""Those that are meant to change the master copy."""
CODE_HASHES = frozenset("0x" + each for each in _column(_CODE_HASHES))
"""As `model.lookups.code_hash` has them answered."""
