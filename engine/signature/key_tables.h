// KeyTables are the tables by which an engine verifies what its CAs have
// signed: which keys have one, how large, and what that may cost.
//
// WHO GETS ONE. A registered CA has a TableSlot, which counts how often its key
// has verified: its heat, halved each time that all keys together have been
// used 2^20 times. So heat is a share of the work, and no clock is asked. At 4
// uses a key gets a small table, at 256 a medium and at 2,048 a large one:
// about when what it saves has paid for its building (docs/benchmarks.md). Only
// signatures that verified count, so a stranger heats nothing.
//
// WHAT IT MAY TAKE. All tables, those that are being built, and what they share
// lie inside one budget of bytes. When it is spent, the coldest goes first, and
// only for a key that is twice as hot: a tenant that registers many CAs and
// uses each a little displaces nothing that is used more. Medium and large
// tables may take half of the budget, and the place of small ones only of keys
// 64 times colder: they save little more than small ones do.
//
// WHAT A HANDSHAKE PAYS. The thread that verifies builds, in steps. A handshake
// has one ExtraVerification, and what costs about one by the library takes it:
// a step, a comparison, the confirmation of a refusal. Once it is taken the
// library alone verifies what is left of the handshake. So signature_units of
// Budgets bound a handshake as they do without tables, and one verification
// more.
//
// WHO JUDGES. The library: a table only spares the question where it accepts.
// What it refuses, or cannot decide, the library is asked. Of what it accepts,
// the first uses of a table are compared and then one in `compare_one_in`. The
// first disagreement ends all use of tables in the engine, for memory or code
// that was wrong once is not to be trusted, and is reported.
//
// OTHER ALGORITHMS plug in at two places: PublicKey::StartPreparing, which
// makes the builder, and VerifyWith, which gives the table what it verifies;
// and have their bytes in BytesOf (key_tables.cc).
//
// CONCURRENCY. Any thread may verify, under a pin of the epochs; it takes no
// lock. A table is published whole, by one store, and retired through the
// epochs. One thread at a time builds for a slot; it takes a short lock to get
// room and to publish, and if another has it does that next time. After fork()
// the child goes on; a key for which another thread was building at that moment
// keeps what it had.

#ifndef CHAINKEEP_ENGINE_SIGNATURE_KEY_TABLES_H_
#define CHAINKEEP_ENGINE_SIGNATURE_KEY_TABLES_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "chainkeep/prepared_keys.h"
#include "chainkeep/types.h"
#include "engine/memory/epochs.h"
#include "engine/memory/fork_safe_mutex.h"
#include "engine/signature/algorithm.h"
#include "engine/signature/prepared/prepared_key.h"
#include "engine/signature/public_key.h"

namespace chainkeep::signature {

class ExtraVerification;
class KeyTables;
struct TableUse;

// Verify returns what PublicKey::Verify does. Requires a pin of the epochs that
// the slot's owner has.
bool Verify(const TableUse& use, ExtraVerification* extra);

// ExtraVerification is what one handshake may pay for tables: once.
class ExtraVerification {
 public:
  bool is_taken() const { return is_taken_; }
  bool Take() { return !std::exchange(is_taken_, true); }

 private:
  bool is_taken_ = false;
};

// TableSlot is a CA's place among the tables. It stands beside the CA's key and
// is destroyed before that, when no reader sees it any more. One that was not
// attached has no table.
class TableSlot {
 public:
  TableSlot() = default;
  ~TableSlot();
  TableSlot(const TableSlot&) = delete;
  TableSlot& operator=(const TableSlot&) = delete;

 private:
  friend class KeyTables;
  friend class KeyTablesForTests;
  friend bool Verify(const TableUse& use, ExtraVerification* extra);

  struct Table {
    const std::unique_ptr<const prepared::PreparedKey> key;
    const prepared::Level level;
    mutable std::atomic<int> first_uses;  // that are still to be compared
  };
  struct Build {
    std::unique_ptr<prepared::KeyBuilder> builder;
    prepared::Level level;
    prepared::BuildState state = prepared::BuildState::kWorking;
  };

  // What may be next for the key, in turn.
  enum class Phase : uint8_t { kIdle, kBuilding, kNever };

  std::atomic<KeyTables*> owner_{nullptr};
  std::atomic<const Table*> table_{nullptr};
  std::atomic<uint64_t> heat_{0};  // generation, and count in it
  std::atomic<Phase> phase_{Phase::kIdle};
  std::atomic<bool> is_claimed_{false};  // by who works on the next
  std::unique_ptr<Build> build_;
  // Guarded by the owner's lock:
  double rank_ = 0;     // in the queue it stands in, if bytes_ is not 0
  uint32_t bytes_ = 0;  // table and build
  bool is_upgraded_ = false;
};

// What is to be verified, by whose key.
struct TableUse {
  const PublicKey& key;
  TableSlot& slot;
  const CertificateId& ca;
  SignatureAlgorithm algorithm;
  Bytes message;
  Bytes signature;
  const SignedId* sha256 = nullptr;  // of the message, where it is known
};

struct KeyTableOptions {
  prepared::Arithmetic arithmetic = prepared::Arithmetic::kOff;
  size_t bytes = 0;
  uint32_t compare_one_in = 1024;
  // Called on the thread that met it, which holds no lock.
  std::function<void(const PreparedKeyDisagreement&)> on_disagreement = {};
};

class KeyTables {
 public:
  static constexpr uint32_t kSmallAt = 4;
  static constexpr uint32_t kMediumAt = 256;
  static constexpr uint32_t kLargeAt = 2048;
  static constexpr int kFirstUses = 4;

  // The epochs must be there for every use; the tables must outlive every slot
  // that is attached.
  KeyTables(memory::Epochs* epochs, KeyTableOptions options);
  ~KeyTables();
  KeyTables(const KeyTables&) = delete;
  KeyTables& operator=(const KeyTables&) = delete;

  // Attach lets the key of `slot` have tables, which it is to be before any
  // reader sees it. The first of an algorithm pays for what all share.
  void Attach(TableSlot* slot, const PublicKey& key);

  // Prepare builds a table at once, for who can wait: a test, a benchmark.
  // False if there is none, or no room for it. Requires that no other thread
  // uses the slot.
  bool Prepare(TableSlot* slot, const PublicKey& key, prepared::Level level);

  PreparedKeyStats GetStats() const;

 private:
  friend class TableSlot;
  friend class KeyTablesForTests;
  friend bool Verify(const TableUse& use, ExtraVerification* extra);

  enum class Count : uint8_t {
    kPrepared,
    kLibrary,
    kFallback,
    kConfirmation,
    kComparison,
    kEnd,
  };
  // Counters, apart for threads that are likely others.
  struct alignas(128) Stripe {
    std::array<std::atomic<uint64_t>, static_cast<size_t>(Count::kEnd)>
        counts{};
  };
  static constexpr size_t kStripes = 16;

  // Slots that have bytes, the coldest first. A slot's rank grows when it is
  // used, and where it stands is put right when it comes to the front.
  using Queue = std::set<std::pair<double, TableSlot*>>;
  // What was taken away under the lock, to be freed without it.
  struct Removed {
    std::vector<std::unique_ptr<const TableSlot::Table>> tables;
    std::vector<std::unique_ptr<TableSlot::Build>> builds;
  };

  bool VerifyByTable(const TableUse& use, const TableSlot::Table& table,
                     ExtraVerification* extra);
  bool VerifyByLibrary(const TableUse& use);
  void CountUse(const TableUse& use, ExtraVerification* extra);
  void WorkOn(const TableUse& use);
  void Begin(const TableUse& use);
  bool Start(TableSlot* slot, const PublicKey& key, prepared::Level level);
  void Step(const TableUse& use);
  void Publish(TableSlot* slot);
  void GiveUp(TableSlot* slot);
  void Report(const CertificateId& ca, PreparedKeyDisagreement::What what);

  void Add(Count count);
  uint64_t Sum(Count count) const;

  // Under the lock:
  bool MakeRoom(double rank, prepared::Level level, size_t bytes,
                Removed* removed);
  bool EvictColdest(Queue* queue, double below, Removed* removed);
  void Remove(TableSlot* slot, Removed* removed);
  void SetBytes(TableSlot* slot, size_t bytes, bool is_upgraded);
  Queue& QueueOf(const TableSlot& slot) {
    return slot.is_upgraded_ ? upgraded_ : small_;
  }

  // Called without the lock.
  void Free(Removed removed);
  void Forget(TableSlot* slot);

  // Constant.
  memory::Epochs* const epochs_;
  const KeyTableOptions options_;

  std::atomic<bool> is_on_;
  std::atomic<uint64_t> uses_{0};  // of all keys, about
  std::atomic<uint64_t> disagreements_{0};
  std::array<Stripe, kStripes> stripes_;

  mutable memory::ForkSafeMutex mutex_;  // guards what follows
  Queue small_, upgraded_;
  size_t bytes_ = 0;
  size_t upgraded_bytes_ = 0;
  std::array<uint64_t, 3> keys_at_{};
  uint64_t building_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace chainkeep::signature

#endif  // CHAINKEEP_ENGINE_SIGNATURE_KEY_TABLES_H_
