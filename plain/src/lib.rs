//! A full-stack web framework in the spirit of Plain.
