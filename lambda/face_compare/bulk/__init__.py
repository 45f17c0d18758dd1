"""Uploads and batches of pairs, compared at the pace that the account's quota allows."""
