"""The scene: real protocols, deployed and filled, and the people who use them."""
