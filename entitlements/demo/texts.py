"""The texts of the people of the demo: reasons and notes."""

from offerings.rights import Value

CONTACTS = (
    "Called about the expiry on {day}: will renew, the order follows.",
    "Wrote about the expiry on {day}; waits for the new budget.",
    "Talked with purchasing about {day}. They want the price on *one* invoice.",
    "Left a message about the expiry on {day}.",
)
MORE_SEATS = (
    "Pilot in a second plant until the new contract is signed.",
    "Promised by sales to win the renewal.",
    "Interns for the summer; goes back in autumn.",
    "Merger: two teams work in parallel for a quarter.",
    "Compensation for the outage in March.",
)
OVERRIDES: dict[str, tuple[tuple[str, Value, str], ...]] = {
    "": (
        ("grace_period", "P30D", "Audit at the customer: purchasing is slow this quarter."),
        ("offline_lease_period", "P60D", "Measuring campaign at sea, two months without a network."),
        ("lease_period", "P30D", "Weak network at the plant."),
        ("overdraft", "20%", "Framework contract, section 4.2."),
    ),
    "atlas": (
        ("feature.sso", True, "Promised in the offer."),
        ("feature.api_calls", 500_000, "Data migration; back to standard when it is done."),
        ("feature.audit_log", True, "Required by their auditors."),
        ("feature.support_level", "business hours, named engineer", "Strategic account."),
    ),
    "github": (
        ("feature.githubActionsQuota", 100_000, "Nightly builds of the whole fleet during the port."),
        ("feature.singleSignOn", True, "Security review: no login without their identity provider."),
    ),
    "slack": (
        ("feature.useWorkflowsPremium", 10_000, "Workflow heavy month: year-end closing."),
        ("feature.useVoiceAndVideoCalls", 100, "All-hands with a hundred people, agreed by phone."),
    ),
    "zapier": (
        ("feature.tasksLimit", "unlimited", "Reference customer."),
        ("feature.samlSingleSignOn", True, "Promised in the offer."),
    ),
    "planable": (("feature.pagesLimit", 40, "Agency with many small clients."),),
}
UPGRADES = ("Ordered by phone.", "Outgrew the edition.", "Upsell from the annual review.", "")
DOWNGRADES = ("Team was split up; fewer people need it.", "Budget cut, agreed with sales.", "")
FEWER_SEATS = "Reduced at renewal; the customer releases devices by the end of the month."
QUANTITIES = ("Purchase order amended.", "New colleagues.", "")
DISABLED = ("Invoice overdue by 60 days.", "Chargeback. Ask accounting before enabling.", "Requested by the customer.")
ENABLED = "Invoice paid."
NEW_DATES = (
    "Aligned with the customer's fiscal year.",
    "Extended while the new contract is with legal.",
    "Same end as their other orders.",
)
FOR_EVER = "Lifetime license promised by the founder in 2019."
STOLEN = ("Laptop stolen.", "Device replaced.", "Colleague left the company.")
MISTAKE = "Booked on the wrong customer."
NOT_A_MISTAKE = "It was the right customer after all."
TEMPORARY_ENDED = "The agreed time is over."
UPDATE = "Everyone who asked for the new values gets them."
NOTES = (
    "Prefers e-mail. Purchasing closes on the 20th of the month.",
    "Asked about single sign-on twice. Send the comparison.",
    "Their administrator is on leave until the end of the quarter; call the deputy.",
    "Pays by purchase order only. Put the number on every invoice.",
    "Seats in the lab share one network: leases are refreshed in bursts.",
    "Happy to be a reference customer.",
    "Renewal is decided by the group's headquarters.",
    "Reported a slow start on one device. Solved: clock was wrong.",
    "Wants to see the preview before anything is changed.",
)
