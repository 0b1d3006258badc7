"""Which files of tests take longest, the longest first: they are begun first.

Each file is the work of one process. Where a long one comes last the other processes wait for it.
"""

from __future__ import annotations

from typing import Final

LONGEST: Final = (
    "browser/test_office_screens.py",
    "integration/test_office_cross_site.py",
    "property/test_contacts_reference.py",
    "integration/test_taking_staff_pages.py",
    "integration/test_intake_large.py",
    "browser/test_office_hostile.py",
    "integration/test_office_matrix.py",
    "faults/test_kill_nine.py",
    "integration/test_staff_web.py",
    "property/test_contacts_invariance.py",
    "browser/test_told_and_helped.py",
    "browser/test_report_page.py",
    "browser/test_portal_form.py",
    "integration/test_smpp_centre.py",
    "integration/test_lake_town.py",
    "integration/test_same_contacts.py",
    "property/test_lake_same_answer.py",
    "browser/test_morning.py",
    "browser/test_participant.py",
    "unit/test_web_routes.py",
    "integration/test_jobs_queue.py",
    "faults/test_arrivals_crash.py",
    "faults/test_outbox_crashes.py",
    "unit/test_web_straight.py",
    "faults/test_smpp_kills.py",
    "property/test_never_sent.py",
    "promises/test_outbreak.py",
    "unit/test_web_ingest.py",
    "unit/test_docs_run.py",
    "unit/test_enrolment_pages.py",
    "unit/test_office_pages.py",
    "integration/test_demo_service.py",
    "promises/test_operator_delivery.py",
)
