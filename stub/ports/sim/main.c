/* SPDX-License-Identifier: Apache-2.0
 * gapseal-sim: a device of software. One thread, one loop: bytes from the link go into the
 * session, what the session says goes to the link, the application model and the session are
 * stepped, and poll waits while there is nothing to do.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app.h"
#include "device.h"
#include "link.h"
#include "options.h"
#include "receipts.h"
#include "say.h"
#include "window.h"

#define OUT_CHUNK 16384u
#define IN_CHUNK 65536u
#define STEPS_A_TURN 64
#define RETRY_MS 100
#define FLUSH_MS 1000

struct sim {
  struct sim_options options;
  struct sim_device device;
  struct gs_session session;
  struct sim_link link;
  struct sim_app app;
  struct sim_receipts receipts;
  struct sim_window window;  /* open: the start waits for its end, and there is no session yet */
  enum gs_reset_cause cause; /* of the start that waits */
  uint64_t received;
  size_t out_at, out_used; /* bytes that the link has not taken yet */
  uint8_t out[OUT_CHUNK + SIM_FRAME_MAX];
  bool lost;
  bool done; /* stdio: the other end is gone */
};

static volatile sig_atomic_t stop_requested;

static void on_signal(int number) {
  (void)number;
  stop_requested = 1;
}

static void say(const struct sim *s, const char *what) {
  if (s->options.verbose) {
    (void)fprintf(stderr, "gapseal-sim: %s\n", what);
  }
}

static void on_cut(void *arg) {
  const struct sim *s = arg;
  (void)fprintf(stderr, "gapseal-sim: power cut at flash operation %lu\n",
                (unsigned long)s->options.power_cut_at);
  _exit(SIM_EXIT_POWER_CUT);
}

static void link_gone(struct sim *s) {
  say(s, "disconnected");
  sim_link_lost(&s->link);
  s->out_at = s->out_used = 0;
  if (s->window.open) {
    sim_window_forget(&s->window);
  } else {
    gs_session_link_reset(&s->session);
  }
  s->done = s->link.kind == SIM_LINK_STDIO;
}

/* Gives the link as much as it takes now. */
static void write_out(struct sim *s) {
  while (s->link.out >= 0 && s->out_at < s->out_used) {
    ssize_t n = write(s->link.out, s->out + s->out_at, s->out_used - s->out_at);
    if (n > 0) {
      s->out_at += (size_t)n;
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    } else {
      s->lost = true;
      return;
    }
  }
}

/* Fetches what the session says, as soon as what it said before has left. */
static void move_out(struct sim *s) {
  write_out(s);
  while (s->link.out >= 0 && s->out_at == s->out_used && !s->lost) {
    uint8_t chunk[OUT_CHUNK];
    size_t n = gs_session_output(&s->session, chunk, sizeof chunk);
    if (n == 0) {
      return;
    }
    s->out_at = 0;
    s->out_used = sim_receipts_pass(&s->receipts, chunk, n, s->out);
    write_out(s);
  }
}

/* How many bytes may be read now; never past the one the power is cut after. */
static size_t may_read(const struct sim *s) {
  size_t room = s->window.open ? sim_window_room(&s->window) : gs_session_room(&s->session);
  uint64_t left = s->options.die_after_bytes - s->received;
  room = room < IN_CHUNK ? room : IN_CHUNK;
  return s->options.die_after_bytes != 0 && left < room ? (size_t)left : room;
}

static void hear(struct sim *s, const uint8_t *data, size_t len) {
  if (s->window.open) {
    sim_window_input(&s->window, data, len);
  } else if (!s->app.silent) {
    (void)gs_session_input(&s->session, data, len);
  }
}

static void read_in(struct sim *s) {
  static uint8_t chunk[IN_CHUNK];
  size_t room = may_read(s);
  ssize_t n = room > 0 ? read(s->link.in, chunk, room) : 0;
  if (n > 0) {
    s->received += (uint64_t)n;
    hear(s, chunk, (size_t)n);
  } else if (room > 0 && !(n < 0 && (errno == EAGAIN || errno == EINTR))) {
    s->lost = true;
  }
}

/* Work until the session has none left, saying each thing as soon as it can be said. */
static bool work(struct sim *s) {
  struct gs_session *session = &s->session;
  for (int i = 0; i < STEPS_A_TURN; i++) {
    gs_session_step(session, sim_now_ms());
    move_out(s);
    if (gs_session_wants_reset(session)) {
      return true;
    }
    if (gs_session_idle_ms(session, sim_now_ms()) > 0) {
      break;
    }
  }
  return false;
}

/* What was said before a reset must reach the other end. */
static void flush_out(struct sim *s) {
  uint32_t start = sim_now_ms();
  while (s->link.out >= 0 && s->out_at < s->out_used && !s->lost &&
         sim_now_ms() - start < FLUSH_MS) {
    struct pollfd p = {.fd = s->link.out, .events = POLLOUT};
    (void)poll(&p, 1, FLUSH_MS);
    write_out(s);
  }
  s->out_at = s->out_used = 0;
}

static bool start_now(struct sim *s, enum gs_reset_cause cause, bool stay) {
  struct gs_boot_output boot = {.action = GS_BOOT_STUB};
  if (!sim_device_start(&s->device, cause, stay, &boot)) {
    return false;
  }
  enum gs_status status =
      gs_session_init(&s->session, &s->device.engine, &s->device.session_memory, sim_now_ms());
  if (status != GS_OK) {
    sim_say("the session refuses its memory (status %d)", (int)status);
    return false;
  }
  sim_app_start(&s->app, &s->device, &boot, s->options.app_silent);
  return true;
}

/* stay: a mailbox asks for the stub. */
static bool start(struct sim *s, enum gs_reset_cause cause, bool stay) {
  s->app = (struct sim_app){.kind = SIM_APP_NONE};
  if (!s->options.app_silent || stay) {
    return start_now(s, cause, stay);
  }
  s->cause = cause;
  sim_window_open(&s->window);
  return true;
}

/* The window after a reset: once it closes, what it heard decides how the start goes on. */
static bool watch_window(struct sim *s) {
  struct sim_window *w = &s->window;
  if (sim_window_left_ms(w) > 0) {
    return true;
  }
  w->open = false;
  if (!start_now(s, s->cause, w->hello)) {
    return false;
  }
  if (w->hello) {
    (void)gs_session_input(&s->session, w->heard, w->heard_len);
  }
  say(s, w->hello ? "the stub was asked to stay" : sim_app_name(&s->app));
  return true;
}

static const char *now_runs(const struct sim *s) {
  return s->window.open ? "stub answers for 300 ms" : sim_app_name(&s->app);
}

static bool reset(struct sim *s, enum gs_reset_cause cause, bool stay) {
  static const char *const causes[] = {"unknown", "power", "requested", "crash", "watchdog"};
  flush_out(s);
  sim_link_hang_up(&s->link);
  if (!start(s, cause, stay)) {
    return false;
  }
  if (s->options.verbose) {
    (void)fprintf(stderr, "gapseal-sim: reset (%s): %s\n", causes[cause], now_runs(s));
  }
  return true;
}

static int wait_ms(const struct sim *s) {
  if (s->window.open) {
    return (int)sim_window_left_ms(&s->window);
  }
  int app = sim_app_wait_ms(&s->app);
  int wait = (int)gs_session_idle_ms(&s->session, sim_now_ms());
  if (s->link.in < 0) {
    wait = s->link.kind == SIM_LINK_PTY ? RETRY_MS : -1;
  }
  if (app >= 0 && (wait < 0 || app < wait)) {
    wait = app;
  }
  return wait;
}

/* Sleeps until there is something to do; signals are let in only here. */
static void wait_for_events(struct sim *s, const sigset_t *mask) {
  struct pollfd p[3] = {
      {.fd = s->link.listener, .events = POLLIN},
      {.fd = may_read(s) > 0 ? s->link.in : -1, .events = POLLIN},
      {.fd = s->out_at < s->out_used ? s->link.out : -1, .events = POLLOUT},
  };
  int ms = wait_ms(s);
  struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000L};
  if (ppoll(p, 3, ms < 0 ? NULL : &t, mask) < 0) {
    return;
  }
  if (p[1].revents != 0) {
    read_in(s);
  }
  if ((p[2].revents & (POLLERR | POLLHUP)) != 0) {
    s->lost = true;
  }
  /* The end of one connection lies before the next one's beginning, and behind what it asked for.
   */
  if (p[0].revents != 0 && !s->lost && !sim_link_ended(&s->link) && sim_link_accept(&s->link)) {
    say(s, "connected");
    if (!s->window.open) {
      gs_session_link_reset(&s->session);
    }
  }
}

static void mend_link(struct sim *s) {
  if (s->lost) {
    s->lost = false;
    link_gone(s);
  } else if (s->link.in < 0 && s->link.kind == SIM_LINK_PTY && sim_link_retry(&s->link)) {
    say(s, "line is back");
  }
}

static int run(struct sim *s, const sigset_t *mask) {
  enum gs_reset_cause cause = GS_RESET_REQUESTED;
  while (!stop_requested && !s->done) {
    wait_for_events(s, mask);
    bool windowed = s->window.open;
    bool wants_reset = !windowed && !s->app.silent && work(s);
    if (s->options.die_after_bytes != 0 && s->received >= s->options.die_after_bytes) {
      (void)fprintf(stderr, "gapseal-sim: power cut after %llu bytes\n",
                    (unsigned long long)s->received);
      return SIM_EXIT_POWER_CUT;
    }
    if (windowed) {
      if (!watch_window(s)) {
        return SIM_EXIT_FAILED;
      }
    } else if (wants_reset) {
      cause = GS_RESET_REQUESTED;
    } else {
      wants_reset = sim_app_step(&s->app, &s->device, &cause);
    }
    if (wants_reset && !reset(s, cause, s->app.asks_stub)) {
      return SIM_EXIT_FAILED;
    }
    mend_link(s);
  }
  return SIM_EXIT_OK;
}

static void set_signals(sigset_t *while_waiting) {
  struct sigaction action = {.sa_handler = on_signal};
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigset_t block;
  sigemptyset(&block);
  sigaddset(&block, SIGTERM);
  sigaddset(&block, SIGINT);
  (void)sigprocmask(SIG_BLOCK, &block, while_waiting);
  (void)sigaction(SIGTERM, &action, NULL);
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGPIPE, &ignore, NULL);
  (void)sigaction(SIGXFSZ, &ignore, NULL); /* a log that may grow no further is no power cut */
}

static int serve(struct sim *s) {
  sigset_t mask;
  bool usage = false;
  set_signals(&mask);
  enum sim_exit opened = sim_device_open(&s->device, &s->options);
  if (opened != SIM_EXIT_OK) {
    return (int)opened;
  }
  gs_flash_model_on_cut(s->device.flash, on_cut, s);
  gs_flash_model_cut_at(s->device.flash, s->options.power_cut_at, s->options.torn,
                        s->options.torn_seed);
  s->receipts.to_drop = s->options.drop_receipts;
  if (!start(s, GS_RESET_POWER, false)) {
    return SIM_EXIT_FAILED;
  }
  if (!sim_link_open(&s->link, s->options.listen, s->options.force_remote, &usage)) {
    return usage ? SIM_EXIT_USAGE : SIM_EXIT_FAILED;
  }
  if (s->window.open) {
    sim_window_open(&s->window); /* it begins once it can be heard */
  }
  (void)fprintf(stderr, "gapseal-sim: %s listening on %s, %s\n", s->device.identity.serial,
                s->link.shown, now_runs(s));
  int code = run(s, &mask);
  sim_link_close(&s->link);
  return code;
}

int main(int argc, char **argv) {
  static struct sim sim;
  int code;
  if (!sim_options_read(argc, argv, &sim.options, &code)) {
    return code;
  }
  code = serve(&sim);
  sim_device_close(&sim.device);
  return code;
}
