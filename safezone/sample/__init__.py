"""Synthetic deliveries of the sample datasets: nobody in them exists, and everything about them is known."""
