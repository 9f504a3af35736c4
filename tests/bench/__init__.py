"""What novalite costs, as ratios to its peers measured in the same run on the same machine: ./dev bench."""
