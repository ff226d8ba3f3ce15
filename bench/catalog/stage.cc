#include "bench/catalog/stage.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"

namespace chainkeep::bench {
namespace {

// Begins the line of a figure, between a stage and the program that runs it.
constexpr std::string_view kFigure = "figure ";

// Starts the stage; its output can be read from what is returned.
FILE* Start(const Stage& stage, const Scale& scale, pid_t& child) {
  int ends[2];
  if (pipe(ends) != 0) return nullptr;
  const std::string stage_flag = absl::StrFormat("--stage=%s", stage.name);
  const std::string scale_flag = absl::StrFormat("--scale=%s", scale.name);
  std::fflush(stdout);
  child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl("/proc/self/exe", "figures", stage_flag.c_str(), scale_flag.c_str(),
          nullptr);
    _exit(127);
  }
  close(ends[1]);
  if (child > 0) return fdopen(ends[0], "r");
  close(ends[0]);
  return nullptr;
}

// "NAME VALUE", as ReportFigure wrote it.
void KeepFigure(std::string_view line, std::map<std::string, double>& figures) {
  const size_t space = line.find(' ');
  figures[std::string(line.substr(0, space))] =
      std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr);
}

}  // namespace

void ReportFigure(std::string_view name, double value) {
  absl::PrintF("%s%s %.6g\n", kFigure, name, value);
}

bool RunStage(const Stage& stage, const Scale& scale,
              std::map<std::string, double>& figures) {
  pid_t child = -1;
  FILE* output = Start(stage, scale, child);
  if (output == nullptr) return false;
  char* line = nullptr;
  size_t room = 0;
  for (ssize_t size; (size = getline(&line, &room, output)) > 0;) {
    const std::string_view text(line, static_cast<size_t>(size));
    if (text.starts_with(kFigure)) {
      KeepFigure(text.substr(kFigure.size()), figures);
    } else {
      std::fwrite(line, 1, text.size(), stdout);
      std::fflush(stdout);
    }
  }
  std::free(line);
  std::fclose(output);
  int status = 0;
  if (waitpid(child, &status, 0) != child) return false;
  if (status == 0) return true;
  absl::FPrintF(stderr, "figures: %s ended with status 0x%x\n", stage.name,
                status);
  return false;
}

}  // namespace chainkeep::bench
