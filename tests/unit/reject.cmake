# What a rejected image still on trial keeps from being written.
gapseal_unit_test(test_reject SOURCES test_reject.c LIBS gs_fake_device)
