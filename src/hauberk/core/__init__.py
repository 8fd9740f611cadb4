"""The rock: values, errors and byte forms that everything else stands on."""
