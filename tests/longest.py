"""Which files of tests take longest, the longest first: they are begun first.

Each file is the work of one process. Where a long one comes last the other processes wait for it.
"""

from __future__ import annotations

from typing import Final

LONGEST: Final = (
    "property/test_contacts_reference.py",
    "browser/test_told_and_helped.py",
    "browser/test_participant.py",
    "browser/test_morning.py",
    "integration/test_intake_large.py",
    "browser/test_report_page.py",
    "property/test_contacts_invariance.py",
    "property/test_lake_same_answer.py",
    "integration/test_staff_web.py",
    "browser/test_office_screens.py",
    "unit/test_enrolment_pages.py",
    "browser/test_portal_form.py",
    "browser/test_office_hostile.py",
    "faults/test_kill_nine.py",
    "integration/test_same_contacts.py",
    "integration/test_office_cross_site.py",
    "unit/test_portal_pages.py",
    "unit/test_office_pages.py",
    "property/test_tracks_reference.py",
    "integration/test_taking_staff_pages.py",
    "integration/test_office_matrix.py",
    "integration/test_lake_town.py",
    "unit/test_web_routes.py",
    "integration/test_jobs_queue.py",
    "browser/test_enrolment.py",
    "unit/test_portal_refusals.py",
    "integration/test_smpp_centre.py",
    "unit/test_office_screens.py",
    "unit/test_docs_run.py",
    "faults/test_outbox_crashes.py",
    "property/test_zones.py",
    "unit/test_web_ingest.py",
    "unit/test_web_straight.py",
    "browser/test_office_pages.py",
    "integration/test_demo_service.py",
    "promises/test_operator_delivery.py",
    "unit/test_portal_mine.py",
    "property/test_score_windows.py",
    "faults/test_arrivals_crash.py",
    "integration/test_office_exchange.py",
    "unit/test_bench_peers.py",
    "property/test_service_stateful.py",
    "unit/test_office_second.py",
    "faults/test_smpp_kills.py",
    "property/test_never_sent.py",
    "promises/test_outbreak.py",
)
