"""Cases and contacts in and out: CSV, XLSX, JSON, PDF, FHIR."""
