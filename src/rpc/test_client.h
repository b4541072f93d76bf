#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace arrowport::rpc::testing {

/// `message` with what gRPC puts before it; the flag 1 says that it is compressed.
inline std::string Framed(std::string_view message, char flag = '\0') {
  const size_t size = message.size();
  std::string framed(1, flag);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    framed += static_cast<char>(size >> shift & 0xFFU);
  }
  return framed.append(message);
}

/// nghttp2's side of a client, without a socket: calls, and what came back of each.
class TestClient {
 public:
  struct Answer {
    std::map<std::string, std::string> fields;  ///< Headers and trailers.
    std::string body;
    bool is_closed = false;
    uint32_t error = 0;
  };

  TestClient() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    (void)nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~TestClient() { nghttp2_session_del(session_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// Begins a call. \return its number.
  int32_t Begin(const std::string& path, const Fields& more = {},
                const std::string& content_type = "application/grpc") {
    Fields all{{":method", "POST"},
               {":scheme", "http"},
               {":path", path},
               {":authority", "test"},
               {"content-type", content_type}};
    all.insert(all.end(), more.begin(), more.end());
    std::vector<nghttp2_nv> fields;
    for (auto& [name, value] : all) {
      fields.push_back({reinterpret_cast<uint8_t*>(name.data()),
                        reinterpret_cast<uint8_t*>(value.data()), name.size(), value.size(),
                        NGHTTP2_NV_FLAG_NONE});
    }
    auto upload = std::make_unique<Upload>();
    const nghttp2_data_provider provider{.source = {.ptr = upload.get()}, .read_callback = OnRead};
    const int32_t id =
        nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
    uploads_[id] = std::move(upload);
    return id;
  }

  /// Sends more of a call, as far as the server's window allows; with `end` that is all.
  void Send(int32_t id, const std::string& bytes, bool end = false) {
    Upload& upload = *uploads_.at(id);
    upload.bytes += bytes;
    upload.ends = end;
    (void)nghttp2_session_resume_data(session_, id);
  }

  void Reset(int32_t id) {
    (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  }

  /// What a call has not sent yet.
  [[nodiscard]] size_t unsent(int32_t id) const { return uploads_.at(id)->bytes.size(); }

  [[nodiscard]] Answer& answer(int32_t id) { return answers_[id]; }

  /// What is to go to the server.
  std::string Take() {
    std::string all;
    for (;;) {
      const uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) return all;
      all.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
  }

  /// What came from the server. \return whether that was HTTP/2.
  bool Receive(std::string_view bytes) {
    const auto* const data = reinterpret_cast<const uint8_t*>(bytes.data());
    return nghttp2_session_mem_recv(session_, data, bytes.size()) >= 0;
  }

  /// What the server's fields take that are kept between answers (RFC 7541, 4.1).
  [[nodiscard]] size_t kept_field_bytes() const {
    return nghttp2_session_get_hd_inflate_dynamic_table_size(session_);
  }

  /// Lets the server send so much of each call before it has to wait.
  void SetWindow(int32_t bytes) {
    const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                       static_cast<uint32_t>(bytes)};
    (void)nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
  }

  /// Takes what comes, but lets the server send no more of a call than its first window.
  void KeepWindows() {
    (void)nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                                NGHTTP2_MAX_WINDOW_SIZE);
    keeps_windows_ = true;
  }

  /// Lets the server send as much as the calls allow.
  void OpenConnection() {
    (void)nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                                NGHTTP2_MAX_WINDOW_SIZE);
  }

 private:
  struct Upload {
    std::string bytes;
    bool ends = false;
  };

  static ssize_t OnRead(nghttp2_session* /*session*/, int32_t /*id*/, uint8_t* buffer, size_t size,
                        uint32_t* flags, nghttp2_data_source* source, void* /*user*/) {
    auto& upload = *static_cast<Upload*>(source->ptr);
    const size_t taken = upload.bytes.copy(reinterpret_cast<char*>(buffer), size);
    upload.bytes.erase(0, taken);
    if (upload.bytes.empty() && upload.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (taken == 0 && !upload.ends) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(taken);
  }

  static int OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t /*flags*/,
                      void* user) {
    auto& fields = static_cast<TestClient*>(user)->answers_[frame->hd.stream_id].fields;
    fields[std::string(reinterpret_cast<const char*>(name), name_size)] =
        std::string(reinterpret_cast<const char*>(value), value_size);
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t /*flags*/, int32_t id, const uint8_t* data,
                    size_t size, void* user) {
    auto& self = *static_cast<TestClient*>(user);
    self.answers_[id].body.append(reinterpret_cast<const char*>(data), size);
    if (!self.keeps_windows_) (void)nghttp2_session_consume(session, id, size);
    return 0;
  }

  static int OnClose(nghttp2_session* /*session*/, int32_t id, uint32_t error, void* user) {
    Answer& answer = static_cast<TestClient*>(user)->answers_[id];
    answer.is_closed = true;
    answer.error = error;
    return 0;
  }

  nghttp2_session* session_ = nullptr;
  bool keeps_windows_ = false;
  std::map<int32_t, std::unique_ptr<Upload>> uploads_;
  std::map<int32_t, Answer> answers_;
};

}  // namespace arrowport::rpc::testing
