"""What the centre records: people, tasks, slots, links, infusions and the site's own settings."""
