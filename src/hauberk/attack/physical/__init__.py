"""What happens to an image on its way to the camera: wear and weather, and what somebody sticks on it."""
