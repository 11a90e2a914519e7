"""The only place that speaks to PostgreSQL: migrations, named statements, one typed function a statement."""
