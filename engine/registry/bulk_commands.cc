#include "engine/registry/bulk_commands.h"

#include <cstddef>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/export_end.h"
#include "engine/registry/import_rules.h"
#include "engine/registry/line_reader.h"
#include "engine/registry/row_json.h"
#include "engine/registry/spool.h"
#include "engine/store/registry_store.h"
#include "engine/store/registry_view.h"

namespace chainkeep::registry {
namespace {

using store::RegistryView;

// A transaction makes all others wait, what withdraws trust in other processes
// too: small bites. A longer line is a batch of its own.
constexpr size_t kBatchLines = 1'000;
constexpr size_t kBatchBytes = size_t{1} << 20;
constexpr size_t kMaxRefusals = 1'000;
constexpr LineReader::Limits kLimits = {.line = size_t{96} << 20,
                                        .outside_strings = size_t{1} << 20};

struct Line {
  int64_t number = 0;
  absl::StatusOr<ImportRecord> record;
};

// Batch is some lines, and what became of them.
class Batch {
 public:
  bool empty() const { return lines_.empty(); }
  bool full() const {
    return lines_.size() >= kBatchLines || bytes_ >= kBatchBytes;
  }

  void Add(int64_t number, size_t bytes, absl::StatusOr<ImportRecord> record) {
    bytes_ += bytes;
    lines_.push_back({number, std::move(record)});
  }

  // Commits it, adds to `report` what was done, and begins a new one.
  absl::Status Commit(const CommandContext& context, ImportReport& report) {
    std::vector<Outcome> outcomes;
    const bool is_first = !std::exchange(has_committed_, true);
    const absl::Status status = context.Transact([&](store::Transaction& t) {
      if (is_first && t.CountRows() == store::RowCounts()) t.BeginEpoch();
      for (const Line& line : lines_) {
        outcomes.push_back(line.record.ok() ? line.record->apply(t)
                                            : line.record.status());
      }
      return absl::OkStatus();
    });
    if (!status.ok()) {
      return MakeError(ErrorCodeOf(status),
                       absl::StrCat("lines ", lines_.front().number, " to ",
                                    lines_.back().number,
                                    " were not imported: ", status.message()));
    }
    Report(outcomes, report);
    const absl::Status followed = context.Follow();
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (outcomes[i].ok() && *outcomes[i] == Effect::kChanged) {
        context.Tell(lines_[i].record->audit);
      }
    }
    lines_.clear();
    bytes_ = 0;
    return followed;
  }

 private:
  void Report(const std::vector<Outcome>& outcomes,
              ImportReport& report) const {
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].ok()) {
        ++(*outcomes[i] == Effect::kChanged ? report.imported
                                            : report.unchanged);
        continue;
      }
      ++report.refused;
      if (report.refusals.size() < kMaxRefusals) {
        report.refusals.push_back({lines_[i].number, outcomes[i].status()});
      }
    }
  }

  std::vector<Line> lines_;
  size_t bytes_ = 0;
  bool has_committed_ = false;
};

absl::Status CannotRead(const LineReader& reader) {
  return MakeError(
      ErrorCode::kServiceUnavailable,
      absl::StrCat("the input cannot be read after line ", reader.number()));
}

bool IsBlank(std::string_view line) {
  return absl::StripAsciiWhitespace(line).empty();
}

absl::Status NotWhole(std::string_view why, int64_t line) {
  return MakeError(ErrorCode::kInvalidRequest,
                   absl::StrCat("this is no whole export, and nothing was "
                                "imported: ",
                                why, " (line ", line, ")"));
}

// Reads the lines of an export to its end, and puts them into `spool`.
absl::Status Gather(std::istream& lines, Spool& spool) {
  LineReader reader(lines, kLimits);
  ExportCount count;
  std::optional<ExportEnd> end;
  std::string line;
  for (;;) {
    const LineReader::Step step = reader.Next(line);
    if (step == LineReader::Step::kFailed) return CannotRead(reader);
    if (step == LineReader::Step::kEnd) break;
    if (step == LineReader::Step::kTooLong) {
      return NotWhole("a line is too long", reader.number());
    }
    const bool is_blank = IsBlank(line);
    if (end && !is_blank) {
      return NotWhole("something follows its end", reader.number());
    }
    if (!is_blank) {
      end = ExportEnd::Parse(line);
      if (!end) count.Add(line);
    }
    // Blank ones too: refusals name lines.
    absl::Status kept = spool.Append(end ? "" : line);
    if (kept.ok()) kept = spool.Append("\n");
    if (!kept.ok()) return kept;
  }
  if (!end) {
    return NotWhole("its last line, which counts the others, is missing",
                    reader.number());
  }
  const int64_t found = count.records();
  if (found != end->records) {
    return NotWhole(
        absl::StrCat("it has ", found, " records of ", end->records),
        reader.number());
  }
  if (count.End() != *end) {
    return NotWhole("its records are not those that it was ended with",
                    reader.number());
  }
  return spool.Rewind();
}

absl::Status ImportLines(const CommandContext& context, std::istream& lines,
                         ImportReport& report) {
  LineReader reader(lines, kLimits);
  ImportRules rules(context);
  Batch batch;
  std::string line;
  for (;;) {
    const LineReader::Step step = reader.Next(line);
    if (step == LineReader::Step::kTooLong) {
      batch.Add(reader.number(), 0,
                MakeError(ErrorCode::kInvalidRequest, "the line is too long"));
    } else if (step == LineReader::Step::kLine) {
      if (IsBlank(line) || ExportEnd::Parse(line)) continue;
      batch.Add(reader.number(), line.size(), rules.Read(line));
    }
    const bool ended =
        step == LineReader::Step::kEnd || step == LineReader::Step::kFailed;
    if (batch.full() || (ended && !batch.empty())) {
      const absl::Status status = batch.Commit(context, report);
      if (!status.ok()) return status;
    }
    if (step == LineReader::Step::kFailed) return CannotRead(reader);
    if (ended) return absl::OkStatus();
  }
}

// Writes what is in `spool` to `lines`.
absl::Status WriteOut(Spool& spool, std::ostream& lines) {
  std::istream in(&spool);
  std::vector<char> buffer(64 * 1024);
  do {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    lines.write(buffer.data(), in.gcount());
  } while (in && lines);
  lines.flush();
  if (lines && !spool.has_failed()) return absl::OkStatus();
  return MakeError(ErrorCode::kServiceUnavailable,
                   "the output cannot be written");
}

}  // namespace

absl::Status Import(const CommandContext& context, std::istream& lines,
                    const ImportOptions& options, ImportReport& report) {
  if (options.end == ImportOptions::End::kMayBeMissing) {
    return ImportLines(context, lines, report);
  }
  Spool spool;
  absl::Status status = Gather(lines, spool);
  if (!status.ok()) return status;
  std::istream gathered(&spool);
  status = ImportLines(context, gathered, report);
  if (!status.ok() || !spool.has_failed()) return status;
  return MakeError(ErrorCode::kServiceUnavailable,
                   "the end of the import cannot be read any more");
}

absl::Status Export(const CommandContext& context, std::ostream& lines) {
  Spool spool;
  ExportCount count;
  const auto write_line = [&](const std::string& line) {
    count.Add(std::string_view(line).substr(0, line.size() - 1));
    return spool.Append(line);
  };
  const auto write = [&](const auto& row) {
    return write_line(ToJsonLine(row));
  };
  // What others name comes before them: templates before CAs.
  const absl::Status status = context.Read([&](const RegistryView& view) {
    absl::Status walk = view.ForEachCode(write);
    if (walk.ok()) walk = view.ForEachTemplate(write);
    if (walk.ok()) walk = view.ForEachCa(write);
    if (walk.ok()) walk = view.ForEachDevice(write);
    if (walk.ok()) walk = view.ForEachEndpoint(write);
    if (walk.ok()) {
      walk = view.ForEachCrls([&](const store::CrlRow& row) {
        for (const std::string& crl : row.crls) {
          absl::Status status = write_line(ToJsonLine(row, crl));
          if (!status.ok()) return status;
        }
        return absl::OkStatus();
      });
    }
    return walk;
  });
  if (!status.ok()) return status;
  absl::Status ended = spool.Append(count.End().ToLine());
  if (ended.ok()) ended = spool.Rewind();
  return ended.ok() ? WriteOut(spool, lines) : ended;
}

absl::StatusOr<RegistryStats> GetRegistryStats(const CommandContext& context) {
  RegistryStats stats;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    const store::RowCounts counts = view.CountRows();
    stats = {.ca_registrations = counts.cas,
             .device_certificates = counts.devices,
             .endpoints = counts.endpoints,
             .provisioning_templates = counts.templates,
             .crl_sets = counts.crl_sets,
             .revision = view.revision()};
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return stats;
}

}  // namespace chainkeep::registry
