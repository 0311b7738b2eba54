"""User studies of colorized pictures: pages to vote on, and what the votes say."""
