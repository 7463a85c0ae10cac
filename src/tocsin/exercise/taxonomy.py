"""
Where attacks stand in the taxonomies others use.

Sources: OWASP Smart Contract Top 10, edition 2026 (https://scs.owasp.org/sctop10/); MITRE ATT&CK tactics
(https://attack.mitre.org/tactics/enterprise/), which MITRE AADAPT (https://aadapt.mitre.org) takes over for digital
assets and extends by the tactic Fraud.
"""

from enum import Enum


class Tag(Enum):
    """One entry of a taxonomy: its code and its name."""

    ACCESS_CONTROL = ("SC01:2026", "Access control vulnerabilities")
    BUSINESS_LOGIC = ("SC02:2026", "Business logic vulnerabilities")
    PRICE_ORACLE = ("SC03:2026", "Price oracle manipulation")
    FLASH_LOAN = ("SC04:2026", "Flash loan facilitated attacks")
    INPUT_VALIDATION = ("SC05:2026", "Lack of input validation")
    UNCHECKED_CALLS = ("SC06:2026", "Unchecked external calls")
    ARITHMETIC = ("SC07:2026", "Arithmetic errors")
    REENTRANCY = ("SC08:2026", "Reentrancy attacks")
    OVERFLOW = ("SC09:2026", "Integer overflow and underflow")
    UPGRADEABILITY = ("SC10:2026", "Proxy and upgradeability vulnerabilities")

    RECONNAISSANCE = ("TA0043", "Reconnaissance")
    RESOURCE_DEVELOPMENT = ("TA0042", "Resource development")
    INITIAL_ACCESS = ("TA0001", "Initial access")
    EXECUTION = ("TA0002", "Execution")
    PERSISTENCE = ("TA0003", "Persistence")
    PRIVILEGE_ESCALATION = ("TA0004", "Privilege escalation")
    DEFENSE_EVASION = ("TA0005", "Defense evasion")
    CREDENTIAL_ACCESS = ("TA0006", "Credential access")
    LATERAL_MOVEMENT = ("TA0008", "Lateral movement")
    EXFILTRATION = ("TA0010", "Exfiltration")
    IMPACT = ("TA0040", "Impact")
    FRAUD = ("AADAPT", "Fraud")

    @property
    def code(self) -> str:
        """Such as SC08:2026."""
        return self.value[0]

    @property
    def says(self) -> str:
        """Its name."""
        return self.value[1]
