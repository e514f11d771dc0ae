"""Statistical disclosure control: which n-grams of reviews may ship, and why nobody is in them."""
