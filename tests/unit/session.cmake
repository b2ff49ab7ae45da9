# The session over a fake engine.
set(session_sources ../fakes/session_host.c ../fakes/fake_engine.c)
gapseal_unit_test(test_session_requests SOURCES test_session_requests.c ${session_sources}
  LIBS gs_session)
gapseal_unit_test(test_session_update SOURCES test_session_update.c ${session_sources}
  LIBS gs_session)
gapseal_unit_test(test_session_decide SOURCES test_session_decide.c ${session_sources}
  LIBS gs_session)
gapseal_unit_test(test_session_flow SOURCES test_session_flow.c ${session_sources}
  LIBS gs_session)
gapseal_unit_test(test_session_hostile SOURCES test_session_hostile.c ${session_sources}
  LIBS gs_session)
gapseal_unit_test(test_session_ports SOURCES test_session_ports.c
  LIBS gs_session gs_port_null
  INCLUDES "${PROJECT_SOURCE_DIR}/stub/ports/common")
